/**
 * Graphs with what a single call cannot show: sequences, optionals, regions and what these capture. Sizes are such that the
 * products around them are split.
 */

export interface GraphCase {
  readonly name: string;
  /** Operators that still run where the plan does: what could be known before is put in place. */
  readonly left: readonly string[];
  readonly text: string;
}

/** A region whose results are `results`. */
const region = (attribute: string, lines: readonly string[], results: readonly string[]) =>
  [
    `    region ${attribute} = graph ${attribute} {`,
    ...lines.map((line) => `      ${line}`),
    `      return ${results.map((value, i) => `r${i}=%${value}`).join(", ")}`,
    "    }",
  ].join("\n");

/** Products in front of the lines, split over devices, and one behind them. `%h` and `%k` are f32[8, 6]; `%y` must be. */
const graph = (lines: readonly string[], inputs: readonly string[] = [], more = "") =>
  [
    "graph g {",
    "  input %x : f32[8, 4]",
    ...inputs.map((input) => `  input ${input}`),
    "  parameter %w1 : f32[4, 6] = normal(0, 1)",
    "  parameter %w2 : f32[6, 6] = normal(0, 1)",
    "  %h = MatMul(%x, %w1) : f32[8, 6]",
    "  %k = MatMul(%h, %w2) : f32[8, 6]",
    ...lines.map((line) => (line.startsWith("    ") ? line : `  ${line}`)),
    "  %z = MatMul(%y, %w2) : f32[8, 6]",
    `  return z=%z${more}`,
    "}",
    "",
  ].join("\n");

export const graphCases: readonly GraphCase[] = [
  {
    name: "a sequence whose item is picked by an input",
    left: ["SequenceConstruct", "SequenceAt"],
    text: graph(
      [
        "%s = SequenceConstruct(%h, %k) : seq<f32[8, 6]>",
        "%a = SequenceAt(%s, %i) : f32[8, 6]",
        "%b = MatMul(%a, %w2) : f32[8, 6]",
        "%j = Neg(%i) : i64[]",
        "%c = SequenceAt(%s, %j) : f32[8, 6]",
        "%y = Add(%b, %c) : f32[8, 6]",
      ],
      ["%i : i64[]"],
    ),
  },
  {
    name: "items put in, taken away and counted, at places that an input says",
    left: ["SequenceConstruct", "SequenceInsert", "SequenceErase", "SequenceLength", "SequenceAt"],
    text: graph(
      [
        "constant %one : i64[] = [1]",
        "%s0 = SequenceConstruct(%h) : seq<f32[8, 6]>",
        "%s1 = SequenceInsert(%s0, %k, %i) : seq<f32[8, 6]>",
        "%s2 = SequenceInsert(%s1, %h) : seq<f32[8, 6]>",
        "%s3 = SequenceErase(%s2, %i) : seq<f32[8, 6]>",
        "%n = SequenceLength(%s3) : i64[]",
        "%last = Sub(%n, %one) : i64[]",
        "%a = SequenceAt(%s3, %last) : f32[8, 6]",
        "%f = Cast(%n) {to=1} : f32[]",
        "%y = Mul(%a, %f) : f32[8, 6]",
      ],
      ["%i : i64[]"],
    ),
  },
  {
    name: "sequences whose items are known",
    left: [],
    text: graph([
      "constant %zero : i64[] = [0]",
      "constant %one : i64[] = [1]",
      "constant %three : i64[] = [3]",
      '%e = SequenceEmpty() {dtype=1} : seq<f32["..."]>',
      "%s0 = SequenceInsert(%e, %h) : seq<f32[8, 6]>",
      "%s1 = SequenceInsert(%s0, %k, %zero) : seq<f32[8, 6]>",
      "%a = SequenceAt(%s1, %one) : f32[8, 6]",
      "%parts = SplitToSequence(%k, %three) {axis=1} : seq<f32[8, 3]>",
      "%p = SequenceAt(%parts, %zero) : f32[8, 3]",
      "%q = ConcatFromSequence(%parts) {axis=1} : f32[8, 6]",
      "%pp = Concat(%p, %p) {axis=1} : f32[8, 6]",
      "%stack = ConcatFromSequence(%s1) {axis=0, new_axis=1} : f32[2, 8, 6]",
      "%axis = Identity(%zero) : i64[]",
      "constant %axes : i64[1] = [0]",
      "%sum = ReduceSum(%stack, %axes) {keepdims=0} : f32[8, 6]",
      "%rest = SequenceErase(%s1, %zero) : seq<f32[8, 6]>",
      "%n = SequenceLength(%rest) : i64[]",
      "%f = Cast(%n) {to=1} : f32[]",
      "%o = Optional(%sum) : optional<f32[8, 6]>",
      "%has = OptionalHasElement(%o) : bool[]",
      "%got = OptionalGetElement(%o) : f32[8, 6]",
      "%scale = Cast(%has) {to=1} : f32[]",
      "%b = Sum(%a, %q, %pp, %got) : f32[8, 6]",
      "%c = Mul(%b, %f) : f32[8, 6]",
      "%y = Mul(%c, %scale) : f32[8, 6]",
    ]),
  },
  {
    name: "rows as a sequence, mapped, joined again",
    left: [],
    text: graph([
      "%rows = SplitToSequence(%h) {axis=0, keepdims=0} : seq<f32[6]>",
      "%m = SequenceMap(%rows, %w2) : seq<f32[6]>",
      region(
        "body",
        ["input %row : f32[6]", "input %w : f32[6, 6]", "%r = MatMul(%row, %w) : f32[6]"],
        ["r"],
      ),
      "%y = ConcatFromSequence(%m) {axis=0, new_axis=1} : f32[8, 6]",
    ]),
  },
  {
    name: "a map over a sequence whose length an input says",
    left: ["SplitToSequence", "SequenceMap", "ConcatFromSequence"],
    text: graph(
      [
        "%rows = SplitToSequence(%h, %i2) {axis=0} : seq<f32[p, 6]>",
        "%m = SequenceMap(%rows) : seq<f32[p, 6]>",
        region("body", ["input %row : f32[p, 6]", "%r = Add(%row, %k0) : f32[p, 6]"], ["r"]),
        "%y = ConcatFromSequence(%m) {axis=0} : f32[8, 6]",
      ],
      ["%i2 : i64[]"],
    )
      .replace(
        "%rows",
        "%k0 = ReduceSum(%k) {keepdims=0} : f32[]\n  %one = Abs(%i) : i64[]\n  constant %two : i64[] = [2]\n  %i2 = Add(%one, %two) : i64[]\n  %rows",
      )
      .replace("input %i2", "input %i"),
  },
  {
    name: "branches that capture what is split around them",
    left: ["If"],
    text: graph(
      [
        "%y, %n = If(%cond) : f32[8, 6], f32[]",
        region("then_branch", ["%a = MatMul(%h, %w2) : f32[8, 6]", "constant %c : f32[] = [2]"], ["a", "c"]),
        region(
          "else_branch",
          [
            "constant %axes : i64[2] = [0, 1]",
            "%b = Sub(%k, %h) : f32[8, 6]",
            "%d = ReduceMax(%k, %axes) {keepdims=0} : f32[]",
          ],
          ["b", "d"],
        ),
      ],
      ["%cond : bool[]"],
      ", n=%n",
    ),
  },
  {
    name: "branches in a branch, and a result that is captured as it is",
    left: ["If"],
    text: graph(
      [
        "%y = If(%cond) : f32[8, 6]",
        region(
          "then_branch",
          [
            "%not = Not(%cond) : bool[]",
            "%in = If(%not) : f32[8, 6]",
            region("then_branch", ["%t = Neg(%h) : f32[8, 6]"], ["t"]).replaceAll("\n", "\n      "),
            region("else_branch", ["%e = Mul(%h, %k) : f32[8, 6]"], ["e"]).replaceAll("\n", "\n      "),
          ],
          ["in"],
        ),
        region("else_branch", [], ["k"]),
      ],
      ["%cond : bool[]"],
    ),
  },
  {
    name: "branches that a constant chooses",
    left: [],
    text: graph([
      "constant %a0 : i64[] = [3]",
      "constant %b0 : i64[] = [4]",
      "%cond = Less(%a0, %b0) : bool[]",
      "%y = If(%cond) : f32[8, 6]",
      region(
        "then_branch",
        [
          "%no = Not(%cond) : bool[]",
          "%in = If(%no) : f32[8, 6]",
          region("then_branch", ["%t = Neg(%h) : f32[8, 6]"], ["t"]).replaceAll("\n", "\n      "),
          region("else_branch", ["%e = Mul(%h, %k) : f32[8, 6]"], ["e"]).replaceAll("\n", "\n      "),
        ],
        ["in"],
      ),
      region("else_branch", [], ["k"]),
    ]),
  },
  {
    name: "a loop that an input ends",
    left: ["Loop"],
    text: graph(
      [
        "constant %most : i64[] = [10]",
        "constant %go : bool[] = [1]",
        "%y, %count = Loop(%most, %go, %h, %i) : f32[8, 6], i64[]",
        region(
          "body",
          [
            "input %trip : i64[]",
            "input %on : bool[]",
            "input %v : f32[8, 6]",
            "input %c : i64[]",
            "constant %one : i64[] = [1]",
            "constant %limit : i64[] = [4]",
            "%half = Mul(%v, %k) : f32[8, 6]",
            "%v1 = Tanh(%half) : f32[8, 6]",
            "%c1 = Add(%c, %one) : i64[]",
            "%more = Less(%c1, %limit) : bool[]",
          ],
          ["more", "v1", "c1"],
        ),
      ],
      ["%i : i64[]"],
      ", count=%count",
    ),
  },
  {
    name: "a loop of many known trips that collects",
    left: ["Loop"],
    text: graph([
      "constant %trips : i64[] = [40]",
      "%v, %all = Loop(%trips, -, %h) : f32[8, 6], f32[40, 6]",
      region(
        "body",
        [
          "input %trip : i64[]",
          "input %on : bool[]",
          "input %v0 : f32[8, 6]",
          "constant %axes : i64[1] = [0]",
          "%same = Identity(%on) : bool[]",
          "%sum = Add(%v0, %k) : f32[8, 6]",
          "%v1 = Tanh(%sum) : f32[8, 6]",
          "%m = ReduceMean(%v1, %axes) {keepdims=0} : f32[6]",
        ],
        ["same", "v1", "m"],
      ),
      "constant %axes0 : i64[1] = [0]",
      "%mean = ReduceMean(%all, %axes0) {keepdims=1} : f32[1, 6]",
      "%y = Add(%v, %mean) : f32[8, 6]",
    ]),
  },
  {
    name: "loops of none, one and three trips",
    left: [],
    text: graph([
      "constant %none : i64[] = [0]",
      "constant %once : i64[] = [1]",
      "constant %thrice : i64[] = [3]",
      "constant %go : bool[] = [1]",
      ...["none", "once", "thrice"].flatMap((trips, n) => [
        `%v${n}, %all${n} = Loop(%${trips}, %go, %${n === 0 ? "h" : `v${n - 1}`}) : f32[8, 6], f32[${[0, 1, 3][n]}, 8, 6]`,
        region(
          "body",
          [
            "input %trip : i64[]",
            "input %on : bool[]",
            "input %v : f32[8, 6]",
            "%t = Cast(%trip) {to=1} : f32[]",
            "%sum = Add(%v, %t) : f32[8, 6]",
            "%p = MatMul(%sum, %w2) : f32[8, 6]",
            "%q = Tanh(%p) : f32[8, 6]",
          ],
          ["on", "q", "sum"],
        ).replaceAll(/%(trip|on|v|t|sum|p|q)\b/g, (text) => `${text}_${n}`),
      ]),
      "%all = Concat(%all0, %all1, %all2) {axis=0} : f32[4, 8, 6]",
      "constant %axes : i64[1] = [0]",
      "%mean = ReduceMean(%all, %axes) {keepdims=0} : f32[8, 6]",
      "%y = Add(%mean, %v2) : f32[8, 6]",
    ]),
  },
  {
    name: "a loop that hands on a sequence",
    left: ["SequenceEmpty", "SequenceInsert", "Loop", "ConcatFromSequence"],
    text: graph(
      [
        "constant %most : i64[] = [8]",
        "constant %go : bool[] = [1]",
        '%e0 = SequenceEmpty() {dtype=1} : seq<f32["..."]>',
        '%e = Identity(%e0) : seq<f32["..."]>',
        '%s = Loop(%most, %go, %e) : seq<f32["..."]>',
        region(
          "body",
          [
            "input %trip : i64[]",
            "input %on : bool[]",
            'input %s0 : seq<f32["..."]>',
            "constant %axes : i64[1] = [0]",
            "%row = Gather(%h, %trip) {axis=0} : f32[6]",
            "%line = Unsqueeze(%row, %axes) : f32[1, 6]",
            '%s1 = SequenceInsert(%s0, %line) : seq<f32["..."]>',
            "%same = Or(%on, %cond) : bool[]",
          ],
          ["same", "s1"],
        ),
        "%joined = ConcatFromSequence(%s) {axis=0} : f32[8, 6]",
        "%y = Add(%joined, %k) : f32[8, 6]",
      ],
      ["%cond : bool[]"],
    ),
  },
  {
    name: "a scan of many steps, backwards on one input and one result",
    left: ["Scan"],
    text: graph([
      "%s, %all, %back = Scan(%h0, %long, %h) {num_scan_inputs=2, scan_input_axes=[1, 0], scan_input_directions=[0, 1], scan_output_axes=[1, 0], scan_output_directions=[0, 1]} : f32[6], f32[6, 8], f32[8]",
      region(
        "body",
        [
          "input %state : f32[6]",
          "input %col : f32[6]",
          "input %row : f32[6]",
          ...Array.from(
            { length: 9 },
            (_, i) => `%t${i} = Add(%${i === 0 ? "col" : `t${i - 1}`}, %row) : f32[6]`,
          ),
          "%next = Add(%state, %t8) : f32[6]",
          "%out = Mul(%next, %row) : f32[6]",
          "constant %axes : i64[1] = [0]",
          "%n = ReduceMax(%out, %axes) {keepdims=0} : f32[]",
        ],
        ["next", "out", "n"],
      ),
      "%turned = Transpose(%all) {perm=[1, 0]} : f32[8, 6]",
      "%a = Add(%turned, %s) : f32[8, 6]",
      "constant %ones : i64[1] = [1]",
      "%b = Unsqueeze(%back, %ones) : f32[8, 1]",
      "%y = Add(%a, %b) : f32[8, 6]",
    ]).replace(
      "  %s, %all",
      "  constant %last : i64[1] = [0]\n  %h0 = ReduceMean(%h, %last) {keepdims=0} : f32[6]\n  %long = Transpose(%k) {perm=[1, 0]} : f32[6, 8]\n  %s, %all",
    ),
  },
  {
    name: "a scan of few steps",
    left: [],
    text: graph([
      "constant %last : i64[1] = [0]",
      "%h0 = ReduceMean(%h, %last) {keepdims=0} : f32[6]",
      "%s, %all = Scan(%h0, %k) {num_scan_inputs=1, scan_input_directions=[1]} : f32[6], f32[8, 6]",
      region(
        "body",
        [
          "input %state : f32[6]",
          "input %row : f32[6]",
          "%sum = Add(%state, %row) : f32[6]",
          "%next = MatMul(%sum, %w2) : f32[6]",
          "%t = Tanh(%next) : f32[6]",
        ],
        ["t", "sum"],
      ),
      "%y = Add(%all, %s) : f32[8, 6]",
    ]),
  },
  {
    name: "strings between products, wanted in rows that other devices make",
    left: ["StringConcat", "RegexFullMatch"],
    text: graph([
      'constant %nothing : string[] = [""]',
      "constant %from : i64[1] = [7]",
      "constant %to : i64[1] = [-9]",
      "constant %axes : i64[1] = [0]",
      "constant %step : i64[1] = [-1]",
      "%s = Cast(%h) {to=8} : string[8, 6]",
      "%t = StringConcat(%s, %nothing) : string[8, 6]",
      '%minus = RegexFullMatch(%t) {pattern="-.*"} : bool[8, 6]',
      "%f = Cast(%minus) {to=1} : f32[8, 6]",
      "%p = MatMul(%f, %w2) : f32[8, 6]",
      "%u = Slice(%t, %from, %to, %axes, %step) : string[8, 6]",
      "%n = Cast(%u) {to=1} : f32[8, 6]",
      "%y = Add(%p, %n) : f32[8, 6]",
    ]),
  },
  {
    name: "an optional that branches give",
    left: ["If", "Optional", "OptionalHasElement", "OptionalGetElement"],
    text: graph(
      [
        "%o = If(%cond) : optional<f32[8, 6]>",
        region("then_branch", ["%o1 = Optional(%h) : optional<f32[8, 6]>"], ["o1"]),
        region(
          "else_branch",
          ["%m = Neg(%k) : f32[8, 6]", "%o2 = Optional(%m) : optional<f32[8, 6]>"],
          ["o2"],
        ),
        "%has = OptionalHasElement(%o) : bool[]",
        "%scale = Cast(%has) {to=1} : f32[]",
        "%got = OptionalGetElement(%o) : f32[8, 6]",
        "%y = Mul(%got, %scale) : f32[8, 6]",
      ],
      ["%cond : bool[]"],
    ),
  },
];

/** Every operator that stands in a graph. */
export const graphCaseOps: ReadonlySet<string> = new Set(
  graphCases.flatMap(({ text }) => [...text.matchAll(/ = (\w+)\(/g)].map((match) => match[1] as string)),
);
