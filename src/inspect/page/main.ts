/** The page: reads the plan that it holds, and shows it in linked views. */
import { pageModel, type PageModel } from "./model.ts";
import { planOfPage } from "./document.ts";
import { h } from "./dom.ts";
import { showTheme } from "./palette.ts";
import { shell } from "./shell.ts";

async function start(): Promise<void> {
  showTheme("auto");
  const root = document.getElementById("app") ?? document.body;
  let model: PageModel;
  try {
    model = pageModel(await planOfPage(document, document.title));
  } catch (error) {
    root.append(
      h(
        "p",
        { class: "failure", role: "alert" },
        `This plan cannot be shown: ${error instanceof Error ? error.message : String(error)}`,
      ),
    );
    return;
  }
  shell(root, model);
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      document.documentElement.dataset["ready"] = performance.now().toFixed(0);
    }),
  );
}

void start();
