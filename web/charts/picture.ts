// The table as a picture, its best highlighted: for slides and model pages.

import { Configuration, Dataset, Figure } from "../data/dataset";
import { Absent, base, colourOf, cut, Drawing, headHeight, textWidth } from "./drawing";
import { sensors } from "./energy";
import { faded, Theme } from "./theme";

const rowHeight = 30;

interface Column {
  title: string;
  figure: (one: Configuration) => Figure | undefined;
}

function columns(data: Dataset): Column[] {
  const all: Column[] = [];
  const wanted = ["ttft_s", data.speed_metric, "amortized_latency_s", "prefill_tokens_per_s", "pss_peak_bytes", "file_bytes", "weight_bytes", "energy_per_request_j"];
  for (const name of wanted)
    for (const metric of data.metrics) {
      if (metric.name !== name || all.some((column) => column.title === metric.title)) continue;
      all.push({ title: metric.title, figure: (one) => one.figures[name] });
    }
  for (const task of data.tasks.slice(0, 4)) all.push({ title: task.task, figure: (one) => one.scores[task.task] });
  return all.filter((column) => data.configurations.some((one) => column.figure(one) !== undefined)).slice(0, 8);
}

export function table(data: Dataset, theme: Theme): Drawing | Absent {
  const shown = columns(data);
  if (shown.length === 0) return { absent: "no configuration has a figure" };
  const shortText = (figure: Figure) => figure.text.split(" ±")[0].split(" [")[0];
  const nameWidth = 44 + textWidth(data.configurations.map((one) => cut(one.name, 36)));
  const widths = shown.map((column) => {
    const texts = data.configurations.map((one) => column.figure(one)).map((figure) => (figure ? shortText(figure) : ""));
    return 26 + textWidth(texts.concat([cut(column.title, 18)]));
  });
  const rights = widths.map((_, place) => 16 + nameWidth + widths.slice(0, place + 1).reduce((sum, one) => sum + one, 0) - 8);
  const size = rights[rights.length - 1] + 24;
  const differ = sensors(data).length > 1 && shown.some((column) => column.title.indexOf("nergy") >= 0);
  const option = base(theme, "All figures", "Highlighted: the best of its column, where the intervals tell it apart" + (differ ? "\nEnergies are by different sensors, which do not compare" : ""));
  const children: any[] = [];
  const text = (value: string, x: number, y: number, more: any) => {
    const style: any = { text: value, x: x, y: y, fill: theme.text, fontSize: 12, verticalAlign: "middle" };
    for (const member of Object.keys(more)) style[member] = more[member];
    children.push({ type: "text", silent: true, z: 3, style: style });
  };
  const top = headHeight + 24 + (differ ? 16 : 0);
  shown.forEach((column, place) =>
    text(cut(column.title, 18), rights[place], top, { align: "right", fill: theme.quiet, fontWeight: 600 }),
  );
  children.push({ type: "rect", silent: true, shape: { x: 16, y: top + 14, width: size - 32, height: 1 }, style: { fill: theme.line } });
  data.configurations.forEach((one, row) => {
    const y = top + 14 + rowHeight * row + rowHeight / 2;
    if (row % 2 === 1) children.push({ type: "rect", silent: true, z: 0, shape: { x: 16, y: y - rowHeight / 2, width: size - 32, height: rowHeight }, style: { fill: faded(theme.line, 0.25) } });
    children.push({ type: "rect", silent: true, z: 2, shape: { x: 16, y: y - 7, width: 4, height: 14 }, style: { fill: colourOf(data, theme, one) } });
    text(cut(one.name, 36) + (one.standing === "chosen" ? "  ★" : ""), 28, y, { fontWeight: one.standing === "chosen" ? 700 : 400 });
    shown.forEach((column, place) => {
      const figure = column.figure(one);
      const right = rights[place];
      const isBest = figure !== undefined && figure.mark === "best";
      if (isBest) children.push({ type: "rect", silent: true, z: 1, shape: { x: right - widths[place] + 18, y: y - 11, width: widths[place] - 12, height: 22, r: 4 }, style: { fill: faded(theme.best, 0.16) } });
      text(figure ? shortText(figure) : "–", right, y, {
        align: "right",
        fill: !figure ? theme.quiet : isBest ? theme.best : figure.mark === "problem" ? theme.problem : theme.text,
        fontWeight: isBest ? 700 : 400,
      });
    });
  });
  option.graphic = children;
  return { option: option, width: size, height: top + 30 + data.configurations.length * rowHeight };
}
