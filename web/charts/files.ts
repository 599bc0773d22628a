// Charts as SVG without a browser. What the program calls, with texts in and out: `bantam_charts.names()` and
// `bantam_charts.draw(dataset, chart, theme)`.

import { Dataset, parseDataset } from "../data/dataset";
import { DataTable, isAbsent } from "./drawing";
import { charts, find } from "./index";
import { echarts } from "./library";
import { themes } from "./theme";

let data: Dataset | undefined;

// Widths in ems of DejaVu Sans, the widest of the fonts that the charts name: there is nothing to measure with.
const narrow = "ijl|.,:;'!I ";
const slim = "fjtr()[]-/1";
const wide = "mwMW@%";
function letterWidth(letter: string): number {
  if (narrow.indexOf(letter) >= 0) return 0.33;
  if (slim.indexOf(letter) >= 0) return 0.44;
  if (wide.indexOf(letter) >= 0) return 0.93;
  if (letter.charCodeAt(0) > 0x2e7f) return 1;
  return letter >= "A" && letter <= "Z" ? 0.7 : 0.62;
}

echarts.setPlatformAPI({
  measureText: (text: string, style?: string) => {
    const size = /([0-9.]+)px/.exec(style || "");
    let ems = 0;
    for (let at = 0; at < text.length; ++at) ems += letterWidth(text.charAt(at));
    return { width: ems * (size ? Number(size[1]) : 12) } as any;
  },
});

// Not every renderer knows where the middle of a line is: librsvg puts its baseline there.
function portable(svg: string): string {
  return svg.replace(/dominant-baseline="central"/g, 'dy="0.35em"');
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

// What a picture shows, for readers who do not see it: its title, what it is, and its figures where it has a table.
function described(svg: string, title: string, about: string, table?: DataTable): string {
  const rows = table ? [table.head].concat(table.rows).map((row) => row.join("; ")) : [];
  const text = "<title>" + escaped(title) + "</title><desc>" + escaped([about].concat(rows).join("\n")) + "</desc>";
  return svg.replace(/^<svg ([^>]*)>/, (_, attributes) => '<svg role="img" ' + attributes + ">" + text);
}

function names(): string {
  return JSON.stringify(charts.map((chart) => chart.name));
}

function load(text: string): void {
  data = parseDataset(text);
}

function draw(name: string, themeName: string): string {
  const chart = find(name);
  const theme = themes[themeName];
  if (!chart || !theme || !data) return JSON.stringify({ absent: "no such chart" });
  const drawing = chart.make(data, theme);
  if (isAbsent(drawing)) return JSON.stringify(drawing);
  const drawn = echarts.init(null, null, { renderer: "svg", ssr: true, width: drawing.width, height: drawing.height });
  drawn.setOption(drawing.option);
  const head = [].concat(drawing.option.title)[0] as any;
  const svg = described(portable(drawn.renderToSVGString()), head.text || chart.title, head.subtext || "", drawing.table);
  drawn.dispose();
  return JSON.stringify({ svg: svg, width: drawing.width, height: drawing.height });
}

(globalThis as any).bantam_charts = { names: names, load: load, draw: draw };
