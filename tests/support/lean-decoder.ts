/**
 * Makes a module of pbjs allocate lists only where a message has them, and short ones without spare room. Its constructors make an
 * empty list for each repeated field, which the prototype has anyway, and `push` onto an empty list makes room for 17 elements:
 * together an eighth of what the import of a model allocates. `npx tsx tests/support/lean-decoder.ts MODULE`
 */
import { readFileSync, writeFileSync } from "node:fs";

const emptyLists = /^ *this\.\w+ = \[\];\n/gm;
const firstPush =
  /if \(!\(message\.(\w+) && message\.\1\.length\)\)\n\s*message\.\1 = \[\];\n( *)message\.\1\.push\((.*)\);\n/g;

const path = process.argv[2];
if (path === undefined) throw new Error("the module to change must be named");
const code = readFileSync(path, "utf8");
const lean = code
  .replace(emptyLists, "")
  .replace(firstPush, (_, field: string, indent: string, element: string) =>
    [
      `if (message.${field} && message.${field}.length)`,
      `${indent}    message.${field}.push(${element});`,
      `${indent}else`,
      `${indent}    message.${field} = [${element}];`,
      "",
    ].join("\n"),
  );
if (lean === code) throw new Error(`${path} is not written as pbjs writes it`);
writeFileSync(path, lean);
