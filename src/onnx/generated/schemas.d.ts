/** One line per operator and version; tests/interop/operator_schemas.py says how it is written. */
export const schemaTable: string;
