// Scores by task: a map of all of them, what precision costs on each, and a few configurations around one point.

import { Configuration, Dataset, Evidence, Impact, ScoreChange } from "../data/dataset";
import { Absent, base, colourOf, cut, Drawing, headHeight, textWidth, width } from "./drawing";
import { Panel, panels } from "./bars";
import { sensors } from "./energy";
import { short } from "./numbers";
import { mixed, readableOn, Theme } from "./theme";

interface Cell {
  row: number;
  column: number;
  value: number;
  text: string;
}

interface Map {
  title: string;
  about: string;
  rows: string[];
  columns: string[];
  cells: Cell[];
  colours: string[];
  least: number;
  most: number;
}

function map(theme: Theme, what: Map): Drawing {
  const rows = what.rows.map((text) => cut(text, 36));
  const columns = what.columns.map((text) => cut(text, 18));
  const left = 28 + textWidth(rows);
  const tilted = columns.length > 8 || textWidth(columns) > (width - left) / columns.length - 6;
  const foot = tilted ? 24 + 0.72 * textWidth(columns) : 44;
  const size = Math.max(width, left + 40 + columns.length * 46);
  const option = base(theme, what.title, what.about);
  option.grid = { left: left, right: 24, top: headHeight + 10, bottom: foot };
  const axis = { type: "category", axisTick: { show: false }, axisLine: { show: false }, splitArea: { show: false } };
  option.xAxis = { ...axis, data: columns, axisLabel: { color: theme.text, interval: 0, rotate: tilted ? 40 : 0 } };
  option.yAxis = { ...axis, data: rows, inverse: true, axisLabel: { color: theme.text, interval: 0 } };
  option.visualMap = { show: false, min: what.least, max: what.most, dimension: 2, inRange: { color: what.colours } };
  const span = what.most - what.least || 1;
  option.series = [
    {
      type: "heatmap",
      data: what.cells.map((cell) => ({
        value: [cell.column, cell.row, cell.value],
        label: {
          show: true,
          formatter: cell.text,
          fontSize: columns.length > 14 ? 10 : 11,
          color: readableOn(mixed(what.colours, (cell.value - what.least) / span)),
        },
      })),
      itemStyle: { borderColor: theme.background, borderWidth: 2 },
    },
  ];
  return { option: option, width: size, height: headHeight + 10 + rows.length * 26 + foot };
}

export function heatmap(data: Dataset, theme: Theme): Drawing | Absent {
  const tasks = data.tasks.filter((task) => task.is_share);
  const rows = data.configurations.filter((one) => tasks.some((task) => one.scores[task.task] !== undefined));
  if (rows.length === 0 || tasks.length === 0) return { absent: "no task with a share of right answers was scored" };
  const cells: Cell[] = [];
  rows.forEach((one, row) =>
    tasks.forEach((task, column) => {
      const figure = one.scores[task.task];
      if (figure) cells.push({ row: row, column: column, value: figure.value, text: (100 * figure.value).toFixed(1) });
    }),
  );
  return map(theme, {
    title: "Scores by task",
    about: "Percent; an empty place was not scored",
    rows: rows.map((one) => one.name),
    columns: tasks.map((task) => task.task),
    cells: cells,
    colours: theme.scale,
    least: Math.min.apply(null, cells.map((cell) => cell.value)) - 0.02,
    most: Math.max.apply(null, cells.map((cell) => cell.value)) + 0.02,
  });
}

function named(data: Dataset, impact: Impact): string {
  const one = data.configurations[impact.configuration];
  const other = data.configurations[impact.base];
  return one.name + " vs " + (one.model === other.model ? other.precision : other.name);
}

const mostDots = 8;

// A dot with whiskers per task and comparison; a map where there are many.
export function degradation(data: Dataset, theme: Theme): Drawing | Absent {
  const impacts = data.impacts.filter((impact) => impact.scores.some((score) => score.is_share));
  if (impacts.length === 0) return { absent: "no task was scored at two precisions of one model" };
  const tasks = data.tasks.filter((task) => impacts.some((impact) => impact.scores.some((score) => score.task === task.task && score.is_share)));
  if (impacts.length <= mostDots && tasks.length * impacts.length <= 64) return dots(data, theme, impacts, tasks.map((task) => task.task));
  const cells: Cell[] = [];
  let most = 0.01;
  impacts.forEach((impact, row) =>
    tasks.forEach((task, column) => {
      for (const score of impact.scores) {
        if (score.task !== task.task) continue;
        most = Math.max(most, Math.abs(score.difference));
        const mark = score.verdict === "worse" || score.verdict === "better" ? "!" : "";
        cells.push({ row: row, column: column, value: score.difference, text: signed(100 * score.difference) + mark });
      }
    }),
  );
  return map(theme, {
    title: "What precision costs on each task",
    about: "Points of 100 against the base precision; ! is told apart from 0",
    rows: impacts.map((impact) => named(data, impact)),
    columns: tasks.map((task) => task.task),
    cells: cells,
    colours: theme.diverging,
    least: -most,
    most: most,
  });
}

function signed(value: number): string {
  const text = value.toFixed(1);
  return text === "0.0" || text === "-0.0" ? "0" : value > 0 ? "+" + text : text;
}

function dots(data: Dataset, theme: Theme, impacts: Impact[], tasks: string[]): Drawing {
  const rows: string[] = [];
  const entries: { row: number; score: ScoreChange; colour: string }[] = [];
  for (const task of tasks)
    for (const impact of impacts)
      for (const score of impact.scores) {
        if (score.task !== task) continue;
        const one = data.configurations[impact.configuration];
        entries.push({ row: rows.length, score: score, colour: colourOf(data, theme, one) });
        const isFirst = entries.length < 2 || entries[entries.length - 2].score.task !== task;
        rows.push((isFirst ? task + "   " : "") + named(data, impact));
      }
  const labels = rows.map((text) => cut(text, 56));
  const option = base(theme, "What precision costs on each task", "Difference to the base precision in points of 100; whiskers: 95 %; filled: told apart from 0");
  option.grid = { left: 24 + textWidth(labels), right: 40, top: headHeight + 10, bottom: 50 };
  option.yAxis = { type: "category", inverse: true, data: labels, axisLabel: { color: theme.text, interval: 0 }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: true, lineStyle: { color: theme.line, opacity: 0.4 } } };
  option.xAxis = {
    type: "value",
    name: "Points, more is better",
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: theme.quiet },
    axisLabel: { color: theme.quiet },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
  };
  option.series = [
    {
      type: "custom",
      data: entries.map((entry) => [
        100 * (entry.score.low === undefined ? entry.score.difference : entry.score.low),
        100 * (entry.score.high === undefined ? entry.score.difference : entry.score.high),
        100 * entry.score.difference,
        entry.row,
      ]),
      encode: { x: [0, 1, 2], y: 3 },
      renderItem: (params: any, api: any) => {
        const entry = entries[params.dataIndex];
        const from = api.coord([api.value(0), api.value(3)]);
        const to = api.coord([api.value(1), api.value(3)]);
        const at = api.coord([api.value(2), api.value(3)]);
        const told = entry.score.verdict === "worse" || entry.score.verdict === "better";
        return {
          type: "group",
          children: [
            { type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { stroke: entry.colour, lineWidth: 2 } },
            { type: "circle", shape: { cx: at[0], cy: at[1], r: 5 }, style: { fill: told ? entry.colour : theme.background, stroke: entry.colour, lineWidth: 2 } },
          ],
        };
      },
    },
    {
      type: "scatter",
      silent: true,
      symbolSize: 0,
      data: [[0, 0]],
      markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: theme.text, type: "solid", width: 1 }, data: [{ xAxis: 0 }] },
    },
  ];
  return { option: option, width: width, height: headHeight + 60 + Math.max(3, rows.length) * 24 };
}

// A quality is never predicted, whatever its speed is.
function qualityEvidence(data: Dataset, one: Configuration): Evidence {
  const isImported = data.tasks.some((task) => one.scores[task.task] !== undefined && one.scores[task.task].evidence !== "measured");
  return isImported ? "imported" : "measured";
}

export function accuracy(data: Dataset, theme: Theme): Drawing | Absent {
  const wanted: Panel[] = [];
  if (data.tasks.length > 1)
    wanted.push({
      title: "Quality",
      unit: "%",
      better: "more is better",
      figure: (one) => (one.quality === undefined ? undefined : { value: one.quality, text: "", evidence: qualityEvidence(data, one) }),
    });
  for (const task of data.tasks)
    wanted.push({
      title: task.task,
      unit: task.is_share ? "%" : "",
      better: task.direction === "lower_is_better" ? "less is better" : "",
      figure: (one) => one.scores[task.task],
    });
  return panels(data, theme, "Accuracy", "Quality: mean over tasks, corrected for guessing; whiskers: 95 %", wanted);
}

// --- around a point ----------------------------------------------------------------------------------------

interface Spoke {
  name: string;
  value: (one: Configuration) => number | undefined; // more is better
}

function spokes(data: Dataset): Spoke[] {
  const inverse = (name: string) => (one: Configuration) => {
    const figure = one.figures[name];
    return figure && figure.value > 0 ? 1 / figure.value : undefined;
  };
  const all: Spoke[] = [
    { name: "Quality", value: (one) => (one.quality !== undefined && one.quality > 0 ? one.quality : undefined) },
    { name: "Speed", value: (one) => one.figures[data.speed_metric] && one.figures[data.speed_metric].value },
    { name: "First token", value: inverse("ttft_s") },
    { name: "Little memory", value: (one) => (one.memory_need ? 1 / one.memory_need : undefined) },
    { name: "Small file", value: inverse("file_bytes") },
    // Energies of different sensors do not compare.
    { name: "Little energy", value: sensors(data).length > 1 ? () => undefined : inverse("energy_per_request_j") },
  ];
  for (const task of data.tasks.filter((one) => one.is_share).slice(0, 4))
    all.push({ name: task.task, value: (one) => one.scores[task.task] && one.scores[task.task].value });
  return all;
}

const mostAround = 5;

export function radar(data: Dataset, theme: Theme): Drawing | Absent {
  const rank = (one: Configuration) => (one.standing === "chosen" ? 0 : one.standing === "rival" ? 1 : 2);
  if (!data.configurations.some((one) => one.standing === "chosen")) return { absent: "there is no answer among what is shown" };
  const order = data.configurations
    .map((one, index) => ({ one: one, index: index }))
    .filter((entry) => data.budget === undefined || (entry.one.memory_need !== undefined && entry.one.memory_need <= data.budget))
    .filter((entry) => entry.one.quality !== undefined || entry.one.figures[data.speed_metric] !== undefined)
    .sort((a, b) => rank(a.one) - rank(b.one) || (a.index === data.runner_up ? -1 : b.index === data.runner_up ? 1 : a.index - b.index))
    .slice(0, mostAround)
    .map((entry) => entry.one);
  const found = spokes(data).filter((spoke) => order.every((one) => spoke.value(one) !== undefined));
  if (order.length < 2 || found.length < 3) return { absent: "two configurations with three figures in common are needed" };
  const best = found.map((spoke) => Math.max.apply(null, order.map((one) => spoke.value(one)!)));
  const option = base(theme, "The answer beside what came near", "Each figure as a share of the best of those shown: further out is better");
  option.radar = {
    indicator: found.map((spoke) => ({ name: spoke.name, max: 1, min: 0 })),
    center: ["50%", "55%"],
    radius: "62%",
    axisName: { color: theme.text },
    splitLine: { lineStyle: { color: theme.line } },
    splitArea: { show: false },
    axisLine: { lineStyle: { color: theme.line } },
  };
  option.legend = { bottom: 8, left: "center", textStyle: { color: theme.text }, data: order.map((one) => one.name), itemWidth: 22, itemHeight: 8 };
  const lines = ["solid", "dashed", "dotted", [8, 3, 2, 3], [2, 6]];
  option.series = [
    {
      type: "radar",
      symbolSize: 5,
      data: order.map((one, place) => ({
        name: one.name,
        value: found.map((spoke, at) => Number(short(spoke.value(one)! / best[at], 4))),
        lineStyle: { width: 2, type: lines[place], color: theme.models[place] },
        itemStyle: { color: theme.models[place] },
      })),
    },
  ];
  return { option: option, width: 760, height: 620 };
}
