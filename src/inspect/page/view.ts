/** What a view of the page is, and what it is given. */
import type { PageModel } from "./model.ts";
import type { State, Store } from "./state.ts";

export interface App {
  readonly model: PageModel;
  readonly store: Store;
  readonly tip: Tip;
}

/** A small box of lines beside the pointer. */
export interface Tip {
  readonly element: HTMLElement;
  readonly show: (
    at: { readonly clientX: number; readonly clientY: number },
    lines: readonly string[],
  ) => void;
  readonly hide: () => void;
}

export interface View {
  readonly element: HTMLElement;
  /** Called when the view comes on and whenever the state changes while it is on; `before`: undefined the first time. */
  readonly update: (state: State, before: State | undefined) => void;
  /** Called when light becomes dark or the other way round. */
  readonly repaint?: () => void;
}
