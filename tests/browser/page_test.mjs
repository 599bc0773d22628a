// The page in a real browser: Debian's Chromium, driven by playwright-core.
// usage: node page_test.mjs PAGE_HTML MODULES_FOLDER      exit status 77: no browser here
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pageFile, modules] = process.argv.slice(2);
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
if (!browserPath) {
  console.log("skipped: no Chromium is installed (apt-get install chromium)");
  process.exit(77);
}
const { chromium } = createRequire(join(resolve(modules), "x.js"))("playwright-core");

// --- data --------------------------------------------------------------------------------------------------

const xss = ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", '"><svg onload=alert(1)>', "javascript:alert(1)", "{{constructor.constructor('alert(1)')()}}", "<!--", "\u202ereversed"];

// A machine with some models at three precisions each; every figure follows from its place.
function dataset(modelCount, taskCount, title = "Board") {
  const tasks = Array.from({ length: taskCount }, (_, t) => ({ task: t < xss.length ? "task " + xss[t] : "task" + t, metric: "acc", title: "acc", is_share: true, direction: "higher_is_better", chance: 0.25 }));
  const metrics = [
    ["ttft_s", "TTFT", "s", "lower_is_better"],
    ["tpot_s", "TPOT", "s", "lower_is_better"],
    ["e2e_latency_s", "E2E latency", "s", "lower_is_better"],
    ["decode_tokens_per_s", "Decode", "tok/s", "higher_is_better"],
    ["prefill_tokens_per_s", "Prefill", "tok/s", "higher_is_better"],
    ["pss_peak_bytes", "Memory need", "B", "lower_is_better"],
    ["file_bytes", "File", "B", "lower_is_better"],
    ["energy_per_request_j", "Energy per request", "J", "lower_is_better"],
  ].map(([name, unitTitle, unit, direction]) => ({ name, title: unitTitle, unit, direction, cell: "performance", is_percent: false, definition: "definition of " + name }));
  const configurations = [];
  for (let m = 0; m < modelCount; ++m) {
    for (const [p, precision] of ["fp16", "int8", "int4"].entries()) {
      const model = m < xss.length ? "model " + xss[m] : "model" + m;
      const speed = (10 + m) * (1 + p);
      const bytes = (m + 1) * 1e9 / (1 + p);
      const figure = (value, text) => ({ value, low: value * 0.98, high: value * 1.02, n: 100, text, evidence: "measured", method: "blocks" });
      const at = configurations.length;
      configurations.push({
        name: `${model} ${precision}`, model, precision, point: "", device: 0, evidence: "measured", outcomes: { performance: "ok" },
        figures: {
          ttft_s: figure(1 / speed, (1000 / speed).toFixed(1) + " ms"),
          tpot_s: figure(0.5 / speed, (500 / speed).toFixed(1) + " ms"),
          e2e_latency_s: figure(10 / speed, (10 / speed).toFixed(2) + " s"),
          decode_tokens_per_s: figure(speed, speed.toFixed(0) + " tok/s"),
          prefill_tokens_per_s: figure(10 * speed, (10 * speed).toFixed(0) + " tok/s"),
          pss_peak_bytes: figure(bytes, (bytes / 1e9).toFixed(2) + " GB"),
          file_bytes: { value: bytes * 0.9, text: (bytes * 0.9 / 1e9).toFixed(2) + " GB", evidence: "measured" },
        },
        absent: { energy_per_request_j: "no sensor" },
        scores: Object.fromEntries(tasks.map((task, t) => [task.task, figure(Math.min(0.95, 0.3 + 0.02 * m - 0.03 * p + 0.005 * t), "0.5")])),
        scores_absent: {}, swept: {}, quality: 0.2 + 0.02 * m - 0.03 * p, task_quality: {}, memory_need: bytes * 1.1,
        standing: "out", rule: "worse", reason: "quality lower than another", latencies: Array.from({ length: 101 }, (_, k) => (10 + k / 50) / speed),
        rounds: { decode_tokens_per_s: { round: [0, 1, 2, 3, 4, 5], value: [0, 1, 2, 3, 4, 5].map((k) => speed * (1 + 0.01 * Math.sin(k + at))), counts: [true, true, true, true, true, true] } },
        memory_line: { round: 0, within: 0, seconds: [0, 0.1, 0.5, 2 + m / 10], rss: [1e7, bytes * 0.9, bytes, bytes], private: [5e6, 2e7, 3e7, 3e7], phases: [{ name: "load_warm", begin: 0.05, end: 0.3 }, { name: "constructor", begin: 0.6, end: 1.8 }] },
        energy_sensor: p === 0 ? "meter " + xss[m % xss.length] : "rapl (package, grade B)",
        power_line: { begin: -2, bin: 0.5, window: 4, watts: [4, 4, 9, 9, 20, 22, 20, 22, 20, 22, 20, 22, 5, 5], phases: [{ name: "idle_before", begin: -2, end: -1 }, { name: "load", begin: -1, end: 0 }, { name: "idle_after", begin: 4, end: 5 }], requests: [[0, 0.5, 2], [2, 2.5, 4]], joules: 84, is_estimate: false },
        per_right: { value: 100 / (1 + p), way: "derived", sensor: p === 0 ? "meter " + xss[m % xss.length] : "rapl (package, grade B)", evidence: "measured" },
        roofline: { bytes_per_s: 2e10, operations_per_s: (1 + p) * 6e10, phases: [{ name: "prefill", operations_per_byte: 50, operations_per_s: (1 + p) * 3e10 }, { name: "decode", operations_per_byte: 1 + p, operations_per_s: 1e10 * (1 + p) }] },
        caveats: [{ cell: "performance", text: "a caveat of speed" }, { cell: "qa", text: "a caveat of qa" }], command: ["llama-server -m " + precision + ".gguf"], reproduce: "bantam run " + precision,
      });
    }
  }
  const order = configurations.map((one, index) => ({ index, need: one.memory_need })).sort((a, b) => a.need - b.need);
  const every_budget = order.map((entry, at) => {
    const fitting = order.slice(0, at + 1).map((one) => one.index);
    const choice = fitting.reduce((best, index) => (configurations[index].quality > configurations[best].quality ? index : best));
    return { memory: entry.need, choice, decided: at % 4 !== 1, rivals: at % 4 === 1 ? [fitting[0]] : [], sentence: `Within a budget: deploy ${configurations[choice].name}.`, reasons: configurations.map((_, index) => (index === choice ? "" : "not this budget's")) };
  });
  const choice = every_budget.at(-1).choice;
  Object.assign(configurations[choice], { standing: "chosen", rule: "none", reason: "" });
  return {
    schema: 1, generator: "bantam test", title, metrics, tasks, configurations, impacts: configurations.flatMap((one, index) => (index % 3 === 0 ? [] : [{ configuration: index, base: index - (index % 3), changes: { decode_tokens_per_s: { ratio: 1 + (index % 3), low: 0.98 * (1 + (index % 3)), high: 1.02 * (1 + (index % 3)), verdict: "better" } }, scores: tasks.map((task) => ({ task: task.task, difference: -0.03, low: -0.05, high: -0.01, verdict: "worse", is_share: true })) }])),
    answer: ["Deploy " + configurations[choice].name + "."], choice, decided: true, objectives: ["quality"], speed_metric: "decode_tokens_per_s", every_budget,
    fronts: [{ name: "latency_quality", objectives: ["e2e_latency_s", "quality"], members: [choice], dominated: [] }, { name: "size_quality", objectives: ["file_bytes", "quality"], members: [choice], dominated: [] }],
    devices: [{ name: title, facts: [["Processor", "test <b>bold</b>"]] }], notes: ["a note " + xss[0]], caveats: ["a caveat"],
  };
}

const escaped = (json) => JSON.stringify(json).replace(/</g, "\\u003c").replace(/>/g, "\\u003e").replace(/&/g, "\\u0026");
const folder = mkdtempSync(join(tmpdir(), "bantam-page-"));

function write(name, datasets) {
  const path = join(folder, name);
  writeFileSync(path, readFileSync(pageFile, "utf8").replace("@@DATA@@", () => escaped({ datasets })));
  return path;
}

// --- the browser -------------------------------------------------------------------------------------------

const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
let failed = 0;
let passed = 0;

async function test(name, path, body, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const errors = [];
  const requests = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("dialog", (dialog) => {
    errors.push("a dialog: " + dialog.message());
    dialog.dismiss();
  });
  page.on("request", (request) => !/^(file|data|blob):/.test(request.url()) && requests.push(request.url()));
  try {
    const begin = Date.now();
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector("body[data-ready]");
    await body(page, Date.now() - begin);
    assert.deepEqual(errors, [], "errors in the console");
    assert.deepEqual(requests, [], "requests to the network");
    ++passed;
    console.log("ok      " + name);
  } catch (error) {
    ++failed;
    console.log("FAILED  " + name + "\n" + (error.stack ?? error));
  }
  await context.close();
}

const firstColumn = (page) => page.$$eval("#figures tbody th", (cells) => cells.map((cell) => cell.firstChild.textContent));
const column = (page, at) => page.$$eval("#figures tbody tr", (rows, place) => rows.map((row) => row.cells[place].textContent), at);

const small = write("small.html", [dataset(10, 8)]);
const large = write("large.html", [dataset(20, 20)]);
const atlas = write("atlas.html", Array.from({ length: 10 }, (_, d) => dataset(10, 3, "Device " + d)));
const one = write("one.html", [{ ...dataset(1, 0), every_budget: [], fronts: [], impacts: [], answer: [] }]);

await test("begins with the answer and its command", small, async (page) => {
  assert.match(await page.textContent("#answer .headline"), /^Deploy model9 fp16/);
  assert.match(await page.textContent("#answer pre"), /llama-server/);
  assert.equal(await page.getAttribute("tr.chosen", "data-name"), "model9 fp16");
});

await test("sorts by a column, both ways and back", small, async (page) => {
  const button = page.locator('[data-sort="decode_tokens_per_s"]');
  const before = await firstColumn(page);
  await button.click();
  assert.equal((await firstColumn(page))[0], "model9 int4");
  assert.equal(await page.locator("th:has([data-sort=decode_tokens_per_s])").getAttribute("aria-sort"), "descending");
  await button.click();
  assert.equal((await firstColumn(page)).at(-1), "model9 int4");
  await button.click();
  assert.deepEqual(await firstColumn(page), before);
});

await test("searches and filters", small, async (page) => {
  await page.fill("#search", "model9");
  assert.equal((await firstColumn(page)).length, 3);
  await page.fill("#search", "");
  await page.click("summary:has-text('Precisions')");
  await page.uncheck(".menu label:has-text('int8') input");
  assert.equal((await firstColumn(page)).filter((name) => name.endsWith("int8")).length, 0);
  assert.match(await page.textContent("#tools [role=status]"), /20 of 30/);
});

await test("chooses columns", small, async (page) => {
  await page.click("summary:has-text('Columns')");
  await page.uncheck(".menu label:has-text('TTFT') input");
  assert.equal(await page.locator("thead button:has-text('TTFT')").count(), 0);
});

await test("the budget moves the answer, the table and back", small, async (page) => {
  const slider = page.locator("#budget");
  await slider.focus();
  await page.keyboard.press("Home");
  const headline = await page.textContent("#answer .headline");
  assert.match(headline, /^Within a budget: deploy /);
  const chosen = await page.getAttribute("tr.chosen", "data-name");
  assert.ok(headline.includes(chosen));
  await page.keyboard.press("End");
  assert.match(await page.textContent("#answer .headline"), /^Deploy model9 fp16/);
});

await test("copies as Markdown, LaTeX and CSV", small, async (page) => {
  const copied = async (label) => {
    await page.click(`button:has-text("${label}")`);
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const markdown = await copied("Copy as Markdown");
  assert.match(markdown, /^\| Configuration \| TTFT/);
  assert.ok(!markdown.includes("| model <img"), "markup of names is escaped");
  assert.match(await copied("Copy as LaTeX"), /\\begin{tabular}[^]*\\toprule[^]*\\bottomrule/);
  assert.match(await copied("Copy as CSV"), /^configuration,ttft_s,/);
}, { permissions: ["clipboard-read", "clipboard-write"] });

await test("a number explains itself, by keyboard too", small, async (page) => {
  const cell = page.locator("#figures tbody .figure").first();
  await cell.focus();
  await page.keyboard.press("Enter");
  assert.match(await page.textContent("#explain"), /a caveat of speed/);
  const text = await page.textContent("#explain");
  assert.match(text, /definition of ttft_s/);
  assert.ok(!text.includes("a caveat of qa"), "caveats of other cells do not belong here");
  assert.match(text, /Samples100/);
  assert.match(text, /bantam run fp16/);
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.className), "figure");
});

await test("every chart that has data is drawn, dark as well", small, async (page) => {
  for (const theme of ["light", "dark"]) {
    for (const figure of await page.$$("figure:not([hidden])")) {
      await figure.scrollIntoViewIfNeeded();
      await figure.waitForSelector("svg text", { timeout: 5000, state: "attached" });
    }
    if (theme === "light") await page.click("#theme");
  }
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  assert.match(await page.textContent("#figures-place"), /energy/i);
});

await test("a chart's figures are there as a table, too", small, async (page) => {
  for (const chart of ["power_over_time", "energy_per_right", "roofline"]) {
    const figure = page.locator("#chart-" + chart);
    await figure.scrollIntoViewIfNeeded();
    await figure.locator("summary").click();
    assert.ok((await figure.locator("tbody tr").count()) >= 30, chart);
  }
  const power = page.locator("#chart-power_over_time");
  assert.match(await power.locator("tbody").textContent(), /rapl \(package, grade B\)2 requests0421/);
  // What is shown changes with the search, what was opened stays open.
  await page.fill("#tools input[type=search]", "int4");
  await page.waitForFunction(() => document.querySelectorAll("#chart-roofline tbody tr").length === 20, null, { timeout: 5000 });
  assert.ok(await power.locator("details").evaluate((details) => details.open));
});

await test("follows the system's dark mode", small, async (page) => {
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
}, { colorScheme: "dark" });

await test("points that are brushed stay in the table", small, async (page) => {
  const chart = page.locator("#chart-speed_quality");
  await chart.scrollIntoViewIfNeeded();
  await chart.locator("svg").waitFor();
  const box = await chart.locator("svg").boundingBox();
  await page.mouse.move(box.x + 75, box.y + 90);
  await page.mouse.down();
  await page.mouse.move(box.x + 420, box.y + 460, { steps: 12 });
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelectorAll("#figures tbody tr").length < 30, null, { timeout: 5000 });
  assert.ok((await firstColumn(page)).length >= 1);
  await page.click("#show-all");
  assert.equal((await firstColumn(page)).length, 30);
  assert.equal(await page.isVisible("#show-all"), false);
});

await test("works by keyboard alone", small, async (page) => {
  const seen = new Set();
  for (let i = 0; i < 60; ++i) {
    await page.keyboard.press("Tab");
    seen.add(await page.evaluate(() => document.activeElement.id || document.activeElement.dataset.sort || document.activeElement.tagName));
  }
  for (const wanted of ["theme", "budget", "search", "name"]) assert.ok(seen.has(wanted), `${wanted} is reached by Tab`);
});

await test("sixty configurations on twenty tasks are quick", large, async (page, milliseconds) => {
  assert.equal((await firstColumn(page)).length, 60);
  assert.ok(statSync(large).size < 3e6, `the page has ${statSync(large).size} bytes`);
  console.log(`        ${statSync(large).size} bytes, ready after ${milliseconds} ms`);
});

await test("ten devices are an atlas", atlas, async (page, milliseconds) => {
  assert.equal(await page.locator("#atlas thead th").count(), 11);
  assert.equal(await page.locator("#atlas tbody tr").count(), 30);
  assert.ok(statSync(atlas).size < 3e6, `the atlas has ${statSync(atlas).size} bytes`);
  console.log(`        ${statSync(atlas).size} bytes, ready after ${milliseconds} ms`);
  await page.selectOption("#device", "3");
  assert.equal(await page.textContent("#title"), "Device 3");
  assert.equal((await firstColumn(page)).length, 30);
});

await test("one configuration without answer is a page, too", one, async (page) => {
  assert.equal((await firstColumn(page)).length, 3);
  assert.equal(await page.isVisible("#budget-place"), false);
});

await test("a filter and a budget go together", small, async (page) => {
  await page.fill("#search", "int4");
  await page.locator("#budget").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  assert.match(await page.textContent("#answer .headline"), /^Within a budget/);
  const ladder = page.locator("#chart-ladder");
  await ladder.scrollIntoViewIfNeeded();
  await ladder.locator("svg").waitFor();
  assert.doesNotMatch(await ladder.textContent(), /undecided against *$/);
});

// Odd data: no quality, a quality below guessing, a figure that was imported, a task that is called like a member of objects.
const odd = dataset(2, 1);
odd.tasks.push({ task: "constructor", metric: "acc", title: "acc", is_share: true, direction: "higher_is_better" });
odd.configurations[0].quality = -0.08;
delete odd.configurations[1].quality;
odd.configurations[2].figures.ttft_s.evidence = "imported";
odd.configurations[3].figures = {};
odd.configurations[4].name = odd.configurations[5].name;
odd.every_budget.unshift({ memory: 1e6, decided: false, rivals: [], sentence: "Within 1 MB: no configuration keeps to what was asked for.", reasons: odd.configurations.map(() => "too large") });
const strange = write("odd.html", [odd]);

await test("odd data are a page, too", strange, async (page) => {
  for (const figure of await page.$$("figure:not([hidden])")) {
    await figure.scrollIntoViewIfNeeded();
    await figure.waitForSelector("svg text", { timeout: 5000, state: "attached" });
  }
  await page.locator("#budget").focus();
  await page.keyboard.press("Home");
  assert.equal(await page.textContent("#answer .headline"), "Within 1 MB: no configuration keeps to what was asked for.");
  assert.doesNotMatch(await page.textContent("#figures-place"), /cannot be drawn/);
  assert.match(await page.textContent("#chart-accuracy"), /-8/);
});

await test("nothing in names acts", small, async (page) => {
  assert.equal(await page.locator("main img").count(), 0);
  assert.equal(await page.locator("main script").count(), 0);
  const names = await firstColumn(page);
  assert.ok(names[0].includes("<img src=x onerror=alert(1)>"), "the name is there as text");
  assert.ok(names.some((name) => name.includes("\\u{202e}reversed")), "what turns text round is shown by its number");
  assert.doesNotMatch(await page.evaluate(() => document.body.innerText), /\u202e/);
});

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
