/** The version of this package, as package.json states it; a test compares the two. */
export const version = "0.1.0";
