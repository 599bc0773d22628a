// Where names stand beside their points, so that none lies on another as long as there is room.

import { textWidth } from "./drawing";

export interface Spot {
  x: number; // pixels
  y: number;
  text: string;
  prefer?: Side; // where nothing speaks against it; right if not told
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export type Side = "right" | "left" | "top" | "bottom";

const half = 7; // of a text's height
const gap = 8; // from the point

function box(spot: Spot, side: Side): Box {
  const width = textWidth([spot.text], 11) * 1.08;
  const x = side === "right" ? spot.x + gap : side === "left" ? spot.x - gap - width : spot.x - width / 2;
  const y = side === "top" ? spot.y - gap - half : side === "bottom" ? spot.y + gap + half : spot.y;
  return { left: x, right: x + width, top: y - half, bottom: y + half };
}

function common(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

// One side for each, from the top down: the first that covers nothing, else the one that covers least. `within`: beyond it a
// name is cut.
export function sides(spots: Spot[], within: Box): Side[] {
  const taken: Box[] = spots.map((spot) => ({ left: spot.x - 6, right: spot.x + 6, top: spot.y - 6, bottom: spot.y + 6 }));
  const result: Side[] = [];
  const order = spots.map((_, place) => place).sort((a, b) => spots[a].y - spots[b].y);
  for (const place of order) {
    let best: Side = "right";
    let least = Infinity;
    const usual: Side[] = ["right", "left", "top", "bottom"];
    for (const side of ([spots[place].prefer || "right"] as Side[]).concat(usual)) {
      const own = box(spots[place], side);
      let cost = 0;
      taken.forEach((other, at) => {
        if (at !== place) cost += common(own, other);
      });
      const outside = Math.max(0, within.left - own.left) + Math.max(0, own.right - within.right) + Math.max(0, within.top - own.top) + Math.max(0, own.bottom - within.bottom);
      cost += outside * 40;
      if (cost < least) {
        least = cost;
        best = side;
      }
    }
    result[place] = best;
    taken.push(box(spots[place], best));
  }
  return result;
}
