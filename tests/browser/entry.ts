/** What the browser test bundles: the compiler without a top floor; `modules` are all files below it, and the passes. */
import * as modules from "virtual:modules";
import { compileText } from "./compile-text.ts";

Object.assign(globalThis, { compileText, moduleCount: Object.keys(modules).length });
