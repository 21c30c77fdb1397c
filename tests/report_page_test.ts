/**
 * The page of a report in Chromium: opened as a file, with the network off.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";
import { denoIo } from "../cli/io.ts";
import { main } from "../cli/main.ts";
import { MemoryIo } from "../cli/memory_io.ts";
import type { ReportJson } from "../report/document.ts";
import { unpack } from "../report/pack.ts";
import {
  browserTest,
  isTooWide,
  look,
  LOOKS,
  open,
  textLefts,
  textsOf,
  violations,
} from "./browser.ts";

/** A text whose words are markup: in a name, a comment, a note and an error. */
const HOSTILE =
  `# <img src=x onerror=alert(1)> </script><script>alert(2)</script>
scenario "</script><script>alert(3)</script><b onclick=alert(4)>" {
  set brps=4 ctx=2 vcpus=2
  guest write dbgbcr0 lbn=2 bt=linked-address e=1
  guest@1 write dbgwvr0 0x1000
  run
  run @1 stop=guest # "><svg onload=alert(5)>
  expect hw dbgbcr0.lbn == 3
  put @1
  user set oslar_el1 1
}
`;

/** Makes a report in a folder. @returns its address and its document */
async function made(
  folder: string,
  name: string,
  args: readonly string[],
): Promise<{ readonly url: string; readonly data: ReportJson }> {
  const io = new MemoryIo({
    files: { "hostile.dregs": HOSTILE },
    under: denoIo(),
  });
  await main(args.flatMap((arg) => arg === "REPORT" ? name : arg), io);
  const text = io.files.get(name)!;
  Deno.writeTextFileSync(`${folder}/${name}`, text);
  const [, packed] = /id="report-data">([^<]*)/.exec(text)!;
  const url = new URL(`file://${folder}/${name}`).href;
  return { url, data: await unpack(packed) };
}

/** The values that a page shows, `vcpu view register value`. */
async function shownValues(page: Page): Promise<string[]> {
  return await page.$$eval(
    ".side",
    (sides) =>
      sides.flatMap((side, vcpu) =>
        [...side.querySelectorAll("tr[data-register]")].flatMap((row) =>
          [...row.querySelectorAll("td[data-view]")].map((cell) =>
            [
              vcpu,
              cell.getAttribute("data-view"),
              row.getAttribute("data-register"),
              (cell.querySelector("button")?.textContent ?? "")
                .replace(/^[• ]/, ""),
            ].join(" ")
          )
        )
      ),
  );
}

/** The values of each step by the document. */
function valuesOf(data: ReportJson, record: number): string[][] {
  const { steps, views } = data.records[record];
  const cells = new Map<string, string>();
  return steps.map(({ sides }) => {
    for (const { vcpu, rows } of sides) {
      for (const { register, cells: values } of rows) {
        for (const view of views) {
          const value = values[view];
          const text = value.kind === "value"
            ? value.value
            : value.kind === "undef"
            ? "undef"
            : "–";
          cells.set(`${vcpu} ${view} ${register}`, text);
        }
      }
    }
    return [...cells].map(([key, text]) => `${key} ${text}`).sort();
  });
}

async function stepNow(page: Page): Promise<number> {
  return Number(
    await page.$eval(
      ".transport input",
      (input) => (input as { value?: string }).value,
    ),
  );
}

/** Reports that are looked at. */
const REPORTS = {
  renumbering: [
    "report",
    "-o",
    "REPORT",
    "builtin:arm64/renumbering/patch_example",
  ],
  hostile: ["report", "-o", "REPORT", "hostile.dregs"],
  matrix: [
    "report",
    "-o",
    "REPORT",
    "--kernel",
    "4.4",
    "--kernel",
    "4.9",
    "builtin:x86/missed_breakpoint/by_luck",
  ],
  explored: ["explore", "--report", "REPORT", "builtin:explore"],
  bisected: [
    "bisect",
    "--good",
    "4.9",
    "--bad",
    "4.4",
    "--report",
    "REPORT",
    "builtin:x86/missed_breakpoint/host_breakpoint",
  ],
} as const;

browserTest("report page: opened as a file", steps);

async function steps(
  t: Deno.TestContext,
  browser: Browser,
  folder: string,
): Promise<void> {
  for (const name of ["renumbering", "hostile"] as const) {
    const { url, data } = await made(folder, `${name}.html`, REPORTS[name]);
    await t.step(
      `${name}: every step shows the values of the document`,
      async () => {
        const { page, trouble } = await open(browser, url);
        const want = valuesOf(data, 0);
        await page.focus(".transport button:not(:disabled)");
        await page.keyboard.press("Home");
        for (const [step, values] of want.entries()) {
          assertEquals(await stepNow(page), step);
          assertEquals((await shownValues(page)).sort(), values);
          await page.keyboard.press("ArrowRight");
        }
        assertEquals(trouble, []);
        await page.close();
      },
    );
  }

  await t.step(
    "hostile texts are shown as they are, and run nothing",
    async () => {
      const url = new URL(`file://${folder}/hostile.html`).href;
      const { page, trouble } = await open(browser, url);
      const source = await textsOf(page, ".source code");
      assertEquals(`${source.join("\n")}\n`, HOSTILE);
      assertEquals(
        await page.$$eval("img, svg[onload], b[onclick]", (all) => all.length),
        0,
      );
      assertEquals(trouble, []);
      await page.close();
    },
  );

  await t.step("every control goes where it says", async () => {
    const url = new URL(`file://${folder}/hostile.html`).href;
    const { page, trouble } = await open(browser, url);
    // It begins with the first failure.
    const failing = await textsOf(page, ".number.failing");
    assertEquals(failing, ["6✗", "8✗"]);
    assertEquals(await stepNow(page), 5);
    const press = (label: string) =>
      page.click(`.transport button[aria-label="${label}"]`);
    await press("First step");
    assertEquals(await stepNow(page), 0);
    await press("Next step");
    assertEquals(await stepNow(page), 1);
    await press("Last step");
    assertEquals(await stepNow(page), 7);
    await press("Previous step");
    assertEquals(await stepNow(page), 6);
    await page.click(".to-failure");
    assertEquals(await stepNow(page), 7);
    await page.click(".source li:nth-child(6)");
    assertEquals(await stepNow(page), 3);
    assertEquals(
      await textsOf(page, ".source li[aria-current] mark"),
      ["run"],
    );
    assertEquals(new URL(page.url()).hash, "#0.0.3");
    // Which rows are shown.
    const rows = async (choice: string): Promise<string[]> => {
      await page.select(".row-picker select", choice);
      return await textsOf(page, ".registers tbody tr");
    };
    const all = await rows("all");
    const changed = await rows("changed");
    assert(changed.length > 0 && changed.length < all.length);
    assert(changed.every((row) => row.includes("•")));
    const now = await rows("now");
    assert(now.length > 0 && now.every((row) => all.includes(row)));
    assertEquals(await rows("all"), all);
    // A value, its fields, and the chain.
    const cell = 'tr[data-register="DBGBCR0_EL1"] td[data-view="hw"] button';
    await page.click(cell);
    assertEquals(await textsOf(page, ".subject-line code"), [
      "hw@0 DBGBCR0_EL1 = 0x140001",
    ]);
    const differing = await textsOf(page, ".field-table tr.differs th");
    assertEquals(differing, ["LBN≠"]);
    const chain = await textsOf(page, ".chain > li");
    assertStringIncludes(chain[0], "arm64:D28");
    assertStringIncludes(chain[0], "sys_regs.c");
    assertStringIncludes(chain[0], "line 4");
    // By the keyboard: to the left of it is userspace's value.
    await page.focus(cell);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    assertEquals(await textsOf(page, ".subject-line code"), [
      "user@0 DBGBCR0_EL1 = 0x120001",
    ]);
    assertEquals(await stepNow(page), 3);
    // The rule of an event.
    await page.click(".happened .rule-id");
    assertEquals(
      await page.$$eval(".happened .rule-text", (all) => all.length),
      1,
    );
    // From a notable event, and from a link of the chain, to its step.
    await page.click(".notable button");
    assertEquals(await stepNow(page), 3);
    await press("First step");
    await page.click(".lane-scroller svg");
    assert(await stepNow(page) > 0);
    await page.click(".key summary");
    assert((await textsOf(page, ".key .legend li")).length > 5);
    assertEquals(trouble, []);
    await page.close();
  });

  await t.step("the numbers are drawn, and said", async () => {
    const url = new URL(`file://${folder}/renumbering.html`).href;
    const { page } = await open(browser, url);
    const said = await page.$eval(
      ".map svg",
      (svg) => svg.getAttribute("aria-label"),
    );
    assertEquals(
      said,
      "guest 0 is machine 0, guest 1 is machine 1, guest 2* is machine 3, guest 3* is machine 4",
    );
    assertEquals(await page.$$eval(".map .wire.moved", (all) => all.length), 2);
    assertEquals(await textsOf(page, ".map .arc text"), ["LBN=2", "LBN=3"]);
    await page.close();
  });

  await t.step("matrix, one kernel, two kernels", async () => {
    const { url, data } = await made(folder, "matrix.html", REPORTS.matrix);
    const { page, trouble } = await open(browser, url);
    const signs = await textsOf(page, ".matrix .cell");
    const want = data.groups[0].runs.map(({ scenario: { status } }) =>
      status === "passed" ? "✓" : "✗"
    );
    assertEquals(signs, want);
    assertEquals(await violations(page), []);
    await page.click(".matrix td:last-child .cell");
    assertEquals(await textsOf(page, ".status .kernel"), ["linux-4.9"]);
    await page.select(".pickers label:nth-of-type(2) select", "0");
    assertEquals(await textsOf(page, ".status .kernel"), ["linux-4.4"]);
    await page.select(".pickers label:nth-of-type(3) select", "1");
    const titles = await textsOf(page, ".panes h2");
    assertEquals(titles.slice(0, 2), ["linux-4.4 vmx", "linux-4.9 vmx"]);
    await page.focus(".transport button:not(:disabled)");
    await page.keyboard.press("End");
    assert((await textsOf(page, ".differs tbody th")).length > 0);
    for (const one of LOOKS) {
      await look(page, one);
      assertEquals(await violations(page), [], JSON.stringify(one));
      assert(!await isTooWide(page), JSON.stringify(one));
    }
    await page.click(".compared-0 button.link");
    assertEquals(await textsOf(page, ".status .kernel"), ["linux-4.4"]);
    await page.click(".pickers button");
    assertEquals(new URL(page.url()).hash, "#matrix");
    assertEquals(trouble, []);
    await page.close();
  });

  await t.step(
    "axe-core has nothing to say, in both themes and three widths",
    async () => {
      const url = new URL(`file://${folder}/hostile.html`).href;
      const { page, trouble } = await open(browser, url);
      for (const one of LOOKS) {
        await look(page, one);
        assertEquals(await violations(page), [], JSON.stringify(one));
        assert(!await isTooWide(page), JSON.stringify(one));
      }
      assertEquals(trouble, []);
      await page.close();
    },
  );

  await t.step(
    "a spoilt address shows the report from its beginning",
    async () => {
      for (const hash of ["#9.9.9", "#<script>", "#0.0.99999999", "#0.0+0"]) {
        const url = new URL(`file://${folder}/renumbering.html`).href + hash;
        const { page, trouble } = await open(browser, url);
        assert((await shownValues(page)).length > 0, hash);
        assertEquals(trouble, []);
        await page.close();
      }
    },
  );

  await t.step(
    "explore: each schedule beside a kernel that has the fix",
    async () => {
      const { url, data } = await made(
        folder,
        "explored.html",
        REPORTS.explored,
      );
      assertEquals(data.findings.length, data.groups.length);
      const broken = data.findings.filter(({ compared }) =>
        compared.length === 2
      );
      assert(broken.length >= 3);
      for (const { group, schedule } of broken) {
        const { runs } = data.groups[group];
        const statuses = runs.map(({ scenario: { status } }) => status);
        assertEquals(statuses, ["failed", "passed"]);
        const { page, trouble } = await open(browser, `${url}#${group}.0+1`);
        assertEquals(await textsOf(page, ".panes.equal .badge"), [
          "✗ failed",
          "✓ passed",
        ]);
        const steps = await textsOf(page, ".schedule > li");
        assertEquals(steps.length, schedule.length);
        for (const [at, { who, what }] of schedule.entries()) {
          assertStringIncludes(steps[at], `${who} ${what}`);
        }
        assert((await textsOf(page, ".differs tbody th")).length > 0);
        assertEquals(trouble, []);
        await page.close();
      }
      // Its reasons keep their indentation at any width: what is broken goes on below the text, not at the left.
      const found = data.findings.find(({ lines }) =>
        lines.some((line) => line.startsWith("  step "))
      )!;
      const reasons = await open(browser, `${url}#${found.group}.0+1`);
      for (const width of [360, 500, 800, 1200]) {
        await look(reasons.page, { width });
        const lefts = await textLefts(reasons.page, ".finding-text > div");
        assertEquals(lefts.map(({ text }) => text), found.lines);
        for (const { text, first, rest } of lefts) {
          if (text === "") continue;
          const [indent] = /^ */.exec(text)!;
          assertEquals(first, indent.length, `${width}: ${text}`);
          const [label] = /^ *(step \d+ +|before +)?/.exec(text)!;
          assert(
            rest.every((column) => column >= Math.max(label.length, 2)),
            `${width}: ${text}: ${rest}`,
          );
        }
        assert(!await isTooWide(reasons.page), `${width}`);
        const isBroken = lefts.some(({ rest }) => rest.length > 0);
        assert(isBroken || width > 800, `${width}`);
      }
      assertEquals(reasons.trouble, []);
      await reasons.page.close();
      // One that no schedule breaks says so.
      const holds = data.findings.findIndex(({ schedule }) =>
        schedule.length === 0
      );
      const { page, trouble } = await open(browser, `${url}#${holds}.0`);
      assertStringIncludes(
        (await textsOf(page, ".finding"))[0],
        "holds: no schedule breaks it",
      );
      assertEquals(await violations(page), []);
      assertEquals(trouble, []);
      await page.close();
    },
  );

  await t.step(
    "bisect: the bad kernel beside the one with the change",
    async () => {
      const { url } = await made(folder, "bisected.html", REPORTS.bisected);
      const { page, trouble } = await open(browser, url);
      const titles = await textsOf(page, ".panes h2");
      assertEquals(titles.slice(0, 2), [
        "linux-4.4 vmx",
        "linux-4.4 vmx with root-cause-fix",
      ]);
      assertStringIncludes(
        (await textsOf(page, ".finding"))[0],
        "70e4da7a8ff6",
      );
      assertEquals(trouble, []);
      await page.close();
    },
  );

  await t.step("of a long scenario only what is near is drawn", async () => {
    const { url, data } = await made(folder, "long.html", [
      "report",
      "-o",
      "REPORT",
      "-e",
      "for i in 0..150 { guest write dbgbvr0 0x1000; run }",
    ]);
    const { page, trouble } = await open(browser, url);
    const { length } = data.records[0].steps;
    await page.focus(".transport button:not(:disabled)");
    for (const [key, step] of [["Home", 0], ["End", length - 1]] as const) {
      await page.keyboard.press(key);
      await page.waitForSelector(
        `xpath///*[@class="number"][normalize-space()="${step + 1}"]`,
      );
      assert((await textsOf(page, ".number")).length < length / 2);
      assert((await textsOf(page, ".notable li")).length <= 202);
      const [said, ...more] = await textsOf(page, ".notable .none");
      assertEquals(more, []);
      assertStringIncludes(said, step === 0 ? "after these" : "before these");
    }
    assertEquals(trouble, []);
    await page.close();
  });

  await t.step(
    "each folder of the catalogue opens without an error",
    async () => {
      for (const arch of ["arm64", "x86"]) {
        for (
          const { name, isDirectory } of Deno.readDirSync(`scenarios/${arch}`)
        ) {
          // What takes seconds to write down is compared in report_test.ts.
          if (!isDirectory || name === "renumbering" || name === "matching") {
            continue;
          }
          const { url, data } = await made(folder, `${name}.html`, [
            "report",
            "-o",
            "REPORT",
            `builtin:${arch}/${name}`,
          ]);
          const { page, trouble } = await open(browser, url);
          const cells = await textsOf(page, ".matrix .cell");
          assertEquals(cells.length, data.groups.length, name);
          await page.click(".matrix .cell");
          assert(await stepNow(page) > 0, name);
          assertEquals(trouble, [], name);
          await page.close();
        }
      }
    },
  );
}
