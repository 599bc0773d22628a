// The best configuration for each budget of memory: small at high precision, or large at low precision?

import { Dataset, Rung } from "../data/dataset";
import { Absent, base, colourOf, cut, Drawing, headHeight, valueAxis, width } from "./drawing";
import { withUnit } from "./numbers";
import { Theme } from "./theme";

interface Step {
  from: number;
  to: number; // absent: beyond the largest budget
  rung: Rung;
}

// Neighbouring budgets with one answer are one step.
function steps(rungs: Rung[]): Step[] {
  const all: Step[] = [];
  rungs.forEach((rung, place) => {
    const last = all[all.length - 1];
    const next = place + 1 < rungs.length ? rungs[place + 1].memory : rung.memory * 1.5;
    if (last && last.rung.choice === rung.choice && last.rung.decided === rung.decided && last.rung.rivals.join() === rung.rivals.join()) last.to = next;
    else all.push({ from: rung.memory, to: next, rung: rung });
  });
  return all.filter((step) => step.rung.choice !== undefined);
}

export function ladder(data: Dataset, theme: Theme): Drawing | Absent {
  const all = steps(data.every_budget);
  if (all.length === 0) return { absent: "no budget of memory has an answer" };
  const height = Math.max(300, headHeight + 110 + all.length * 46);
  const option = base(
    theme,
    "The best for each memory budget",
    "From which budget on a configuration is the answer; lighter: nothing that was measured tells it from others",
  );
  const left = 60;
  option.grid = { left: left, right: 40, top: headHeight + 16, bottom: 60 };
  option.xAxis = {
    ...valueAxis(theme, "Memory budget"),
    type: "log",
    logBase: 2,
    min: all[0].from / 1.05,
    max: all[all.length - 1].to,
    axisLabel: { color: theme.quiet, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => withUnit(value, "B") },
  };
  option.yAxis = {
    type: "category",
    inverse: true,
    data: all.map((_, place) => String(place + 1)),
    axisLabel: { show: false },
    axisTick: { show: false },
    axisLine: { show: false },
  };
  option.series = [
    {
      type: "custom",
      data: all.map((step, place) => [place, step.from, step.to]),
      encode: { x: [1, 2], y: 0 },
      renderItem: (_: any, api: any) => {
        const place = api.value(0);
        const step = all[place];
        const one = data.configurations[step.rung.choice!];
        const from = api.coord([api.value(1), place]);
        const to = api.coord([api.value(2), place]);
        const colour = colourOf(data, theme, one);
        const figure = one.figures[data.speed_metric];
        const parts = ["from " + withUnit(step.from, "B")];
        if (one.quality !== undefined) parts.push("quality " + (100 * one.quality).toFixed(1));
        if (figure) parts.push(figure.text.split(" ±")[0]);
        const tail = step.rung.decided ? "" : step.rung.rivals.length === 0 ? "; undecided" : "; undecided against " + step.rung.rivals.map((at) => data.configurations[at].name).join(", ");
        const toRight = from[0] < width * 0.55;
        const anchor = toRight ? from[0] : to[0];
        return {
          type: "group",
          children: [
            {
              type: "rect",
              shape: { x: from[0], y: from[1] - 5, width: Math.max(3, to[0] - from[0]), height: 10, r: 3 },
              style: { fill: colour, opacity: step.rung.decided ? 1 : 0.45 },
            },
            {
              type: "text",
              style: {
                text: cut(one.name + "  (" + parts.join(", ") + ")" + tail, 110),
                x: anchor,
                y: from[1] - 9,
                align: toRight ? "left" : "right",
                verticalAlign: "bottom",
                fill: theme.text,
                fontSize: 12,
              },
            },
          ],
        };
      },
    },
  ];
  return { option: option, width: width, height: height };
}
