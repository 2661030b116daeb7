/** Draws the part of the graph that is on view, with as much detail as its size on the screen can show. */
import { currentTheme, layoutColour, type LayoutStyle } from "../palette.ts";
import { headerHeight, routeOffset, type Layouter, type Point } from "./layout.ts";
import { isBox, shownFor, type Box, type Entry, type Leaf, type Link } from "./tree.ts";

export interface Camera {
  readonly x: number;
  readonly y: number;
  /** Pixels per unit. */
  readonly k: number;
}

export interface Scene {
  readonly root: Box;
  readonly layouter: Layouter;
  /** Entries to mark, and the links of which entries to bring out. */
  readonly chosen: ReadonlySet<Entry>;
  readonly hovered: Entry | undefined;
  readonly styleOf: (value: string) => LayoutStyle | undefined;
  readonly boxingColour: (leaf: Leaf) => string;
}

/** Smaller boxes on the screen are drawn without what is in them. */
const smallestOpen = 46;
const textFrom = 0.42;
const curvesFrom = 0.12;

interface Screen {
  readonly context: CanvasRenderingContext2D;
  readonly camera: Camera;
  readonly width: number;
  readonly height: number;
  readonly scene: Scene;
  /** Lines of one style, stroked together. */
  readonly strokes: Map<string, { style: LayoutStyle | undefined; strong: boolean; path: Path2D }>;
  /** What is drawn over the lines, and over all. */
  readonly solids: (() => void)[];
  readonly texts: (() => void)[];
  drawn: number;
}

/** Returns how many entries were drawn. */
export function drawScene(
  context: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  width: number,
  height: number,
): number {
  const screen: Screen = {
    context,
    camera,
    width,
    height,
    scene,
    strokes: new Map(),
    solids: [],
    texts: [],
    drawn: 0,
  };
  context.lineJoin = "round";
  drawContent(screen, scene.root, camera.x, camera.y);
  const theme = currentTheme();
  for (const strong of [false, true]) {
    for (const { style, strong: own, path } of screen.strokes.values()) {
      if (own !== strong) continue;
      context.strokeStyle = style === undefined ? theme.faint : layoutColour(style);
      context.globalAlpha = strong ? 1 : 0.75;
      context.lineWidth = (strong ? 2.6 : 1.4) * Math.min(1, Math.max(0.45, camera.k * 1.4));
      context.setLineDash((style?.dash ?? []).map((length) => length * Math.min(1, camera.k)));
      context.stroke(path);
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
  for (const solid of screen.solids) solid();
  for (const text of screen.texts) text();
  return screen.drawn;
}

/** Top left corner of an entry, in the units of the root. */
export function originOf(entry: Entry): Point {
  let [x, y] = [entry.x, entry.y];
  for (let box = entry.parent; box !== undefined; box = box.parent) {
    x += box.x;
    y += box.y;
  }
  return { x, y };
}

/** `x`, `y`: where the box's own coordinates begin on the screen. */
function drawContent(screen: Screen, box: Box, x: number, y: number): void {
  const { camera, width, height } = screen;
  for (const entry of box.entries) {
    const [left, top] = [x + entry.x * camera.k, y + entry.y * camera.k];
    const [w, h] = [entry.width * camera.k, entry.height * camera.k];
    if (left > width || top > height || left + w < 0 || top + h < 0) continue;
    screen.drawn++;
    if (!isBox(entry)) screen.solids.push(() => drawLeaf(screen, entry, left, top, w, h));
    else if (!entry.expanded) screen.solids.push(() => drawFolded(screen, entry, left, top, w, h));
    else {
      drawFrame(screen, entry, left, top, w, h);
      if (Math.max(w, h) >= smallestOpen) drawContent(screen, entry, left, top);
    }
  }
  drawLinks(screen, box, x, y);
}

function drawLinks(screen: Screen, box: Box, x: number, y: number): void {
  const { scene, camera } = screen;
  const routes = scene.layouter.routes(box);
  const numbers = new Map(box.entries.map((entry, i) => [entry, i]));
  const offset = routeOffset(box);
  const seen = new Set<string>();
  for (const link of box.links) {
    const strong = isNear(scene, link);
    if (link.shared && !strong) continue;
    // What goes from one part of a step to another is one line until its end is chosen.
    const whole = !strong && link.between;
    const [a, b] = whole ? [link.from, link.to] : [endOf(link.source), endOf(link.target)];
    const [from, to] = [toScreen(screen, a, 0.5, 1), toScreen(screen, b, 0.5, 0)];
    const pair = `${numbers.get(link.from)} ${numbers.get(link.to)}`;
    const route = link.shared ? [] : (routes?.get(pair) ?? []);
    const inner = route
      .slice(1, -1)
      .map((p) => ({ x: x + (p.x + offset.x) * camera.k, y: y + (p.y + offset.y) * camera.k }));
    const points = [from, ...inner, ...(link.shared || link.between ? [] : wayIn(screen, link)), to];
    if (isOutside(screen, points)) continue;
    const style = whole ? undefined : scene.styleOf(link.value);
    const same = `${from.x} ${from.y} ${to.x} ${to.y} ${style?.text} ${strong}`;
    if (seen.has(same)) continue;
    seen.add(same);
    const key = `${style?.text ?? ""} ${strong}`;
    let stroke = screen.strokes.get(key);
    if (stroke === undefined) screen.strokes.set(key, (stroke = { style, strong, path: new Path2D() }));
    trace(stroke.path, points, camera.k >= curvesFrom);
    if (camera.k >= textFrom) arrow(stroke.path, to, camera.k);
  }
}

/** From the top of the unfolded boxes around a link's target to what of it is on view. */
function wayIn({ scene, camera }: Screen, { to, target, value }: Link): Point[] {
  const boxes: Box[] = [];
  for (let box = target.parent; box !== to.parent && box !== undefined; box = box.parent as Box)
    boxes.unshift(box);
  const points: Point[] = [];
  let child: Entry = to;
  for (const [i, box] of boxes.entries()) {
    if (!box.expanded) break;
    child = boxes[i + 1] ?? target;
    const port = [...box.inward.keys()].indexOf(value) + box.entries.length;
    const route = scene.layouter.routes(box)?.get(`${port} ${box.entries.indexOf(child)}`) ?? [];
    const [origin, offset] = [originOf(box), routeOffset(box)];
    for (const p of route.slice(0, -1))
      points.push({
        x: camera.x + (origin.x + offset.x + p.x) * camera.k,
        y: camera.y + (origin.y + offset.y + p.y) * camera.k,
      });
  }
  return points;
}

/** What of a link's end is on view, in the innermost unfolded box. */
function endOf(leaf: Leaf): Entry {
  return shownFor(leaf);
}

function isNear({ chosen, hovered }: Scene, { source, target }: Link): boolean {
  const ends = [shownFor(source), shownFor(target), source, target];
  return ends.some((end) => chosen.has(end) || end === hovered);
}

function toScreen({ camera }: Screen, entry: Entry, across: number, down: number): Point {
  const { x, y } = originOf(entry);
  return {
    x: camera.x + (x + entry.width * across) * camera.k,
    y: camera.y + (y + entry.height * down) * camera.k,
  };
}

function isOutside({ width, height }: Screen, points: readonly Point[]): boolean {
  return (
    points.every(({ x }) => x < 0) ||
    points.every(({ x }) => x > width) ||
    points.every(({ y }) => y < 0) ||
    points.every(({ y }) => y > height)
  );
}

function trace(path: Path2D, points: readonly Point[], curved: boolean): void {
  const [first, ...rest] = points as [Point, ...Point[]];
  path.moveTo(first.x, first.y);
  let last = first;
  for (const point of rest) {
    if (curved) {
      const middle = (last.y + point.y) / 2;
      path.bezierCurveTo(last.x, middle, point.x, middle, point.x, point.y);
    } else path.lineTo(point.x, point.y);
    last = point;
  }
}

function arrow(path: Path2D, { x, y }: Point, k: number): void {
  const size = 5 * Math.min(1, k);
  path.moveTo(x - size, y - size);
  path.lineTo(x, y);
  path.lineTo(x + size, y - size);
}

function drawLeaf(screen: Screen, leaf: Leaf, x: number, y: number, w: number, h: number): void {
  const { context, camera, scene } = screen;
  const theme = currentTheme();
  const colour = leaf.kind === "boxing" ? scene.boxingColour(leaf) : theme.line;
  const round = leaf.kind === "op" ? 5 * camera.k : h / 2;
  shape(context, x, y, w, h, round);
  context.fillStyle = leaf.kind === "input" ? theme.panel : theme.paper;
  context.fill();
  if (leaf.kind === "boxing") {
    context.fillStyle = tint(colour, theme.dark ? 0.3 : 0.16);
    context.fill();
  }
  mark(screen, leaf, colour, leaf.kind === "boxing" ? 1.6 : 1);
  if (camera.k < textFrom) return;
  screen.texts.push(() => {
    line(screen, leaf.title, x + w / 2, y + h * 0.34, 12, theme.ink, w, "600");
    line(screen, leaf.detail, x + w / 2, y + h * 0.7, 10.5, theme.soft, w, "400");
  });
}

function drawFolded(screen: Screen, box: Box, x: number, y: number, w: number, h: number): void {
  const { context, camera } = screen;
  const theme = currentTheme();
  const step = 4 * camera.k;
  for (const layer of box.kind === "group" ? [2, 1, 0] : [0]) {
    shape(context, x + layer * step, y - layer * step, w, h, 7 * camera.k);
    context.fillStyle = theme.panel;
    context.fill();
    if (layer > 0) {
      context.strokeStyle = theme.line;
      context.lineWidth = 1;
      context.stroke();
    }
  }
  mark(screen, box, theme.faint, 1.2);
  if (camera.k < textFrom * 0.6) return;
  screen.texts.push(() => {
    line(screen, `+ ${box.label}`, x + w / 2, y + h * 0.34, 12.5, theme.ink, w, "600");
    line(screen, boxSummary(box), x + w / 2, y + h * 0.7, 10.5, theme.soft, w, "400");
  });
}

export function boxSummary(box: Box): string {
  const inside = `${box.ops} op${box.ops === 1 ? "" : "s"}${box.boxings === 0 ? "" : `, ${box.boxings} boxing${box.boxings === 1 ? "" : "s"}`}`;
  return box.kind === "group" ? `${box.entries.length} alike: ${inside}` : inside;
}

function drawFrame(screen: Screen, box: Box, x: number, y: number, w: number, h: number): void {
  const { context, camera } = screen;
  const theme = currentTheme();
  shape(context, x, y, w, h, 8 * camera.k);
  context.fillStyle = tint(theme.ink, theme.dark ? 0.045 : 0.028);
  context.fill();
  mark(screen, box, theme.line, 1);
  const size = 12.5 * camera.k;
  // The name of a large box stays readable when the box's operators no longer are.
  if (size < 5 || h < 14) return;
  screen.texts.push(() => {
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.fillStyle = theme.soft;
    const label = `− ${box.kind === "group" ? `${box.label} (${box.entries.length} alike)` : box.label}`;
    context.fillText(
      fitted(context, label, w - 16 * camera.k),
      x + 10 * camera.k,
      y + (headerHeight / 2) * camera.k + 2,
    );
  });
}

function mark({ context, scene }: Screen, entry: Entry, colour: string, width: number): void {
  const theme = currentTheme();
  const chosen = scene.chosen.has(entry);
  context.strokeStyle = chosen ? theme.accent : scene.hovered === entry ? theme.soft : colour;
  context.lineWidth = chosen ? 3 : width;
  context.stroke();
}

function shape(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  w: number,
  h: number,
  radius: number,
): void {
  context.beginPath();
  if (radius < 1.2) context.rect(x, y, w, h);
  else context.roundRect(x, y, w, h, radius);
}

function line(
  { context, camera }: Screen,
  text: string,
  x: number,
  y: number,
  size: number,
  colour: string,
  w: number,
  weight: string,
): void {
  context.font = `${weight} ${size * camera.k}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colour;
  context.fillText(fitted(context, text, w - 12 * camera.k), x, y);
}

function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

/** A colour of the form #rrggbb, thinned. */
export function tint(colour: string, alpha: number): string {
  const n = Number.parseInt(colour.slice(1), 16);
  return `rgba(${n >> 16}, ${(n >> 8) & 255}, ${n & 255}, ${alpha})`;
}
