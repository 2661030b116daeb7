/** The frame around the views: figures at the top, the tabs, search, light and dark, and the panel of what is chosen. */
import { bytes, count, seconds } from "../text.ts";
import { communicationView } from "./communication-view.ts";
import { compareView } from "./compare-view.ts";
import { details } from "./details.ts";
import { h, replace } from "./dom.ts";
import { graphView } from "./graph/view.ts";
import { memoryView } from "./memory-view.ts";
import type { PageModel } from "./model.ts";
import { darkSystem, showTheme, themes } from "./palette.ts";
import { searchBox } from "./search.ts";
import { createStore, viewNames, type ViewName } from "./state.ts";
import { tensorView } from "./tensor-view.ts";
import { timelineView } from "./timeline-view.ts";
import type { App, Tip, View } from "./view.ts";

const makers: Readonly<Record<ViewName, (app: App) => View>> = {
  graph: graphView,
  tensor: tensorView,
  timeline: timelineView,
  memory: memoryView,
  communication: communicationView,
  compare: compareView,
};

export function shell(root: Element, model: PageModel): void {
  const store = createStore();
  const app: App = { model, store, tip: createTip() };
  const views = new Map<ViewName, View>();
  const main = h("main", { attributes: { id: "view" } });
  const side = h("aside", { class: "details", attributes: { "aria-label": "What is chosen" } });
  const tabs = viewNames.map((name, i) =>
    h(
      "button",
      {
        class: "tab",
        role: "tab",
        title: `${name} (${i + 1})`,
        onclick: () => store.set({ view: name }),
        attributes: { "data-view": name },
      },
      name[0]?.toUpperCase() + name.slice(1),
    ),
  );
  const search = searchBox(model, store);
  replace(
    root,
    h(
      "header",
      {},
      h(
        "div",
        { class: "title" },
        h("h1", { title: model.figures.model }, model.figures.model),
        ...headline(model),
      ),
      h(
        "div",
        { class: "bar" },
        h("nav", { role: "tablist", attributes: { "aria-label": "Views" } }, ...tabs),
        search,
        themeButton(views),
      ),
    ),
    h("div", { class: "body" }, main, side),
    app.tip.element,
  );

  const show = (before?: Parameters<View["update"]>[1]) => {
    const state = store.state();
    let view = views.get(state.view);
    if (view === undefined) views.set(state.view, (view = makers[state.view](app)));
    if (main.firstChild !== view.element) {
      app.tip.hide();
      replace(main, view.element);
    }
    for (const tab of tabs) {
      const on = tab.dataset["view"] === state.view;
      tab.setAttribute("aria-selected", String(on));
      tab.classList.toggle("on", on);
    }
    view.update(state, before);
    replace(side, details(app, state));
    side.scrollTop = 0;
  };
  store.subscribe((_, before) => show(before));
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const view = viewNames[Number(event.key) - 1];
    if (view !== undefined) store.set({ view });
    else if (event.key === "/") search.querySelector("input")?.focus();
    else if (event.key === "Escape") store.set({ item: undefined, rank: undefined });
    else return;
    event.preventDefault();
  });
  show();
}

function headline({ figures }: PageModel): HTMLElement[] {
  const figure = (value: string, name: string) =>
    h("span", { class: "figure" }, h("b", {}, value), ` ${name}`);
  return [
    figure(figures.mesh, figures.devices === 1 ? "1 device" : `${figures.devices} devices`),
    figure(count(figures.parameters), "parameters"),
    figure(seconds(figures.stepSeconds), "predicted step"),
    figure(bytes(figures.bytes), "communicated per step"),
    figure(bytes(figures.peak.bytes), "highest peak"),
  ];
}

function themeButton(views: ReadonlyMap<ViewName, View>): HTMLElement {
  let index = 0;
  const show = () => {
    const theme = themes[index] as (typeof themes)[number];
    showTheme(theme);
    button.textContent = `Theme: ${theme}`;
    for (const view of views.values()) view.repaint?.();
  };
  const button = h(
    "button",
    {
      class: "theme",
      title: "Light or dark",
      onclick: () => {
        index = (index + 1) % themes.length;
        show();
      },
    },
    "Theme: auto",
  );
  darkSystem.addEventListener("change", show);
  return button;
}

function createTip(): Tip {
  const element = h("div", { class: "tip", role: "tooltip" });
  element.hidden = true;
  return {
    element,
    show: ({ clientX, clientY }, lines) => {
      replace(element, ...lines.map((line) => h("div", {}, line)));
      element.hidden = false;
      const { width, height } = element.getBoundingClientRect();
      element.style.left = `${Math.max(4, Math.min(clientX + 14, innerWidth - width - 8))}px`;
      element.style.top = `${clientY + 18 + height > innerHeight ? Math.max(4, clientY - height - 10) : clientY + 18}px`;
    },
    hide: () => {
      element.hidden = true;
    },
  };
}
