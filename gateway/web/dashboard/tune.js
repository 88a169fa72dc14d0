/** How careful the answers are: the curve by near share, the estimate, and what shadow mode found. */

import { get, put } from "./api.js";
import { chart, colour, key, lines } from "./charts.js";
import { button, empty, link, make, percent, plural, table, toast } from "./parts.js";

const MODES = {
  live: "Answers from the cache.",
  shadow: "Passes every turn on, and records what would have been answered.",
  off: "Passes every turn on without deciding.",
};

export const tune = {
  title: "Tune",
  windowed: true,
  async show(main, context) {
    /** @type {ReturnType<typeof chart> | null} */
    let plot = null;
    const load = async () => {
      const [stats, { catalogues }] = await Promise.all([
        get("/stats", { tenant: context.tenant, window: context.window }),
        get("/catalogues", { tenant: context.tenant }),
      ]);
      const live = catalogues.find((one) => one.live);
      plot?.leave();
      plot = null;
      if (!live) {
        main.replaceChildren(empty("There is nothing to tune yet", "A catalogue is rehearsed when it is published: what was found is shown here.", link("Import a table", "#/import")));
        return;
      }
      const mode = await get("/mode", { tenant: context.tenant });
      const points = Object.entries(live.summary.by_near_share ?? {})
        .map(([share, one]) => ({ share: Number(share), ...one }))
        .sort((a, b) => a.share - b.share);
      const near = stats.near_misses;
      if (points.length > 1) plot = curve(points, near);
      main.replaceChildren(
        make("div", { class: "columns" }, [
          make("section", { class: "card" }, [
            make("h2", {}, ["The curve"]),
            make("p", { class: "hint" }, [
              `The more of the traffic resembles an answer and is none, the surer an answer must be to keep wrong ones below ${percent(live.summary.max_wrong_rate, 1)}. Rehearsed when catalogue ${live.number} was published.`,
            ]),
            plot ? plot.box : make("p", { class: "hint" }, ["This catalogue was not rehearsed."]),
            plot ? key([{ label: "Rehearsed hit rate", colour: "c-hit" }, { label: "Score an answer needs", colour: "c-agent" }, { label: "Estimate of your calls", colour: "wash" }]) : "",
            points.length
              ? table(
                  "By near share",
                  ["Near share", "#Score needed", "#Reading weight", "#Rehearsed hits"],
                  points.map((one) => [percent(one.share), one.threshold.toFixed(3), one.reading_weight.toFixed(2), percent(one.rehearsed_hit_rate, 1)]),
                )
              : "",
          ]),
          make("div", {}, [budget(live.summary), estimate(near, live), shadow(stats.shadow, mode, context, load)]),
        ]),
      );
      plot?.draw();
    };
    await load();
    return {
      news: (what) => {
        const changed = ["catalogue", "mode", "flags", "poll"].some((one) => what.has(one));
        return changed ? load().catch(() => undefined) : undefined;
      },
      leave: () => plot?.leave(),
    };
  },
};

function curve(points, near) {
  const band = (plot) => {
    if (!near) return;
    const { ctx, bbox } = plot;
    const [from, to] = [near.low, near.high].map((share) => plot.valToPos(share, "x", true));
    ctx.save();
    ctx.fillStyle = colour("wash");
    const left = Math.max(bbox.left, from - 2);
    ctx.fillRect(left, bbox.top, Math.max(4, Math.min(bbox.left + bbox.width, to + 2) - left), bbox.height);
    ctx.restore();
  };
  return chart("Score that an answer needs and rehearsed hit rate by near share", () => {
    const [options, data] = lines(
      [
        { label: "hits", colour: "c-hit" },
        { label: "score", colour: "c-agent", dash: [6, 4] },
      ],
      [points.map((one) => one.share), points.map((one) => one.rehearsed_hit_rate), points.map((one) => one.threshold)],
      { scales: { x: { time: false }, y: { range: [0, 1.02] } }, hooks: { drawClear: [band] } },
    );
    options.axes[0].values = (_, ticks) => ticks.map((one) => `${Math.round(one * 100)} %`);
    return [options, data];
  });
}

function fact(label, value) {
  return make("div", {}, [make("dt", {}, [label]), make("dd", {}, [value])]);
}

/** What another budget for wrong answers would ask for: dragged, nothing is published. */
function budget(summary) {
  const steps = Object.entries(summary.by_budget ?? {})
    .map(([share, one]) => ({ share: Number(share), ...one }))
    .sort((a, b) => a.share - b.share);
  if (steps.length < 2) return "";
  const now = Math.max(0, steps.findIndex((one) => one.share === summary.max_wrong_rate));
  const found = make("dl", { class: "facts", id: "budget-found" });
  const hint = make("p", { class: "hint", "aria-live": "polite" });
  const slider = make("input", { type: "range", id: "budget", min: "0", max: String(steps.length - 1), step: "1", value: String(now) });
  const look = () => {
    const at = Number(slider.value);
    const one = steps[at];
    const hits = one.rehearsed_hit_rate - steps[now].rehearsed_hit_rate;
    slider.setAttribute("aria-valuetext", `${percent(one.share, 1)} wrong`);
    found.replaceChildren(
      fact("Wrong, at most", `${percent(one.share, 1)} of answers`),
      fact("Rehearsed hits", percent(one.rehearsed_hit_rate, 1) + (at === now ? "" : ` (${hits < 0 ? "" : "+"}${(100 * hits).toFixed(1)})`)),
      fact("Score needed", one.threshold.toFixed(3)),
      ...(summary.judged_samples
        ? [fact("Judged right, answered", String(one.judged_right)), fact("Judged wrong, answered", String(one.judged_wrong))]
        : []),
    );
    hint.textContent =
      at === now
        ? "What this catalogue was published with. Drag to see what another budget would do."
        : `Nothing has changed. To use it: match.max_wrong_rate = ${one.share} in the settings, and publish again.`;
  };
  slider.addEventListener("input", look);
  look();
  return make("section", { class: "card" }, [
    make("h2", {}, ["The budget"]),
    make("label", { for: "budget" }, ["Wrong answers that may be spoken"]),
    slider,
    found,
    hint,
    summary.judged_samples ? "" : make("p", { class: "hint" }, ["Turns that you flag show here what each budget would have answered of them."]),
  ]);
}

function estimate(near, live) {
  const told = live.summary.near_share;
  return make("section", { class: "card" }, [
    make("h2", {}, ["Near misses in your calls"]),
    ...(near
      ? [
          make("p", { class: "big" }, [percent(near.share)]),
          make("p", { class: "hint" }, [
            near.turns
              ? `Estimated from ${plural(near.turns, "turn")}: nine in ten that it is between ${percent(near.low)} and ${percent(near.high)}.`
              : `What the catalogue was published with (${percent(told)}); not estimated: there are no turns yet, or match.near_share is set.`,
          ]),
          make("dl", { class: "facts" }, [
            fact("Look-alikes among what comes near an answer", percent(near.look_alikes)),
            fact("Score needed now", near.threshold.toFixed(3)),
            fact("Reading weight", near.reading_weight.toFixed(2)),
          ]),
          make("p", { class: "hint" }, ["Flags make it surer: a turn that you judged counts as much as five others."]),
        ]
      : [make("p", { class: "hint" }, ["Nothing is known of this tenant."])]),
  ]);
}

function shadow(found, mode, context, load) {
  const choose = make(
    "div",
    { class: "row", role: "group", "aria-label": "Mode" },
    Object.keys(MODES).map((name) =>
      button(name, async () => {
        await put("PUT", "/mode", { tenant: context.tenant, mode: name });
        toast(`Mode is ${name}: it holds from the next turn of every call`, "good", "Undo", async () => {
          await put("PUT", "/mode", { tenant: context.tenant, mode: mode.mode });
          await load();
        });
        await load();
      }, { class: "choice", "aria-pressed": String(mode.mode === name) }),
    ),
  );
  return make("section", { class: "card" }, [
    make("h2", {}, ["Mode and shadow"]),
    choose,
    make("p", { class: "hint" }, [MODES[mode.mode]]),
    found.turns
      ? make("dl", { class: "facts" }, [
          fact("Shadow turns", found.turns.toLocaleString()),
          fact("Would be hits", percent(found.hit_rate)),
          fact("Would ask back", percent(found.clarify_rate)),
          fact("Would be missed", percent(found.miss_rate)),
          fact("Marked right", String(found.right)),
          fact("Marked wrong", String(found.wrong)),
        ])
      : make("p", { class: "hint" }, ["No turn of this window was decided in mode shadow. Try it there first: callers notice nothing."]),
    found.turns ? link("Flag the calls", "#/calls", "") : "",
  ]);
}
