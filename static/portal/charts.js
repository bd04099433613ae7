// Draws <canvas data-chart="id"> from the JSON that {{ data|json_script:"id" }} left on the page:
// {"type": "line" | "bar" | "doughnut", "labels": […], "series": [{"label": "…", "data": […]}],
//  "stacked": false, "unit": "", "max": 100, "levels": [{"value": 50, "label": "…"}],
//  "lines": [{"at": 3.5, "label": "…", "when": "…"}], "marks": [the same]}.
// A value of null is a gap; "dashed" series have no area and no points. Levels are lines across;
// lines (where something begins anew) and marks (what somebody did) stand upright at a label's index,
// or between two. Screen readers get the same numbers and words as a table.
// Needs unfold/js/chart/chart.js before it.

const { Chart } = window;
const drawn = new Map();

function colour(name) {
  // Chart.js wants a plain colour: let the browser resolve light-dark() and the variable.
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function seeThrough(value) {
  return value.replace("rgb(", "rgba(").replace(")", ", 0.14)");
}

function datasets(data) {
  const colours = [1, 2, 3, 4, 5, 6].map((number) => colour(`--series-${number}`));
  return data.series.map((series, index) => {
    const own = colours[index % colours.length];
    if (data.type === "doughnut") {
      return { ...series, backgroundColor: colours, borderColor: colour("--surface"), borderWidth: 2 };
    }
    if (data.type === "bar") {
      return { ...series, backgroundColor: own, borderRadius: 4, maxBarThickness: 36 };
    }
    const solid = data.series.filter((one) => !one.dashed).length;
    return {
      ...series,
      borderColor: own,
      backgroundColor: seeThrough(own),
      borderWidth: 2,
      borderDash: series.dashed ? [6, 5] : [],
      fill: solid === 1 && !series.dashed,
      pointRadius: data.labels.length > 31 || series.dashed ? 0 : 2.5,
      pointHitRadius: 12,
      tension: 0.25,
    };
  });
}

function notesAt(data, index) {
  return [...(data.lines ?? []), ...(data.marks ?? [])]
    .filter((note) => Math.min(Math.round(note.at), data.labels.length - 1) === index)
    .map((note) => [note.label, note.when].filter(Boolean).join(", "));
}

function options(data) {
  const text = colour("--muted");
  const line = colour("--line");
  const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);
  const unit = data.unit ? ` ${data.unit}` : "";
  const axes = {
    x: {
      stacked: Boolean(data.stacked),
      grid: { display: false },
      border: { color: line },
      ticks: { color: text, maxRotation: 0, autoSkipPadding: 16 },
    },
    y: {
      stacked: Boolean(data.stacked),
      beginAtZero: true,
      max: data.max,
      grid: { color: line },
      border: { display: false },
      ticks: {
        color: text,
        // counts are whole, measures need not be
        precision: data.unit ? undefined : 0,
        maxTicksLimit: 6,
        callback: (value) => numbers.format(value),
      },
    },
  };
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 300 },
    interaction: { mode: "index", intersect: false },
    scales: data.type === "doughnut" ? {} : axes,
    plugins: {
      legend: {
        display: data.type === "doughnut" || data.series.length > 1,
        position: "bottom",
        labels: { color: text, boxWidth: 10, boxHeight: 10, usePointStyle: true, padding: 16 },
      },
      tooltip: {
        padding: 10,
        callbacks: {
          afterTitle: ([first]) => (first ? notesAt(data, first.dataIndex) : []),
          label: ({ dataset, label, parsed }) =>
            ` ${dataset.label || label}: ${numbers.format(parsed.y ?? parsed)}${unit}`,
        },
      },
    },
  };
}

const notes = {
  id: "notes",
  afterDatasetsDraw({ ctx, chartArea, scales, data: { notes: data } }) {
    if (!scales.x) return;
    ctx.save();
    ctx.font = `11px ${Chart.defaults.font.family}`;
    for (const { at, label } of data.lines ?? []) {
      upright(ctx, chartArea, scales.x.getPixelForValue(at), label, colour("--muted"), [4, 4]);
    }
    for (const { at, label } of data.marks ?? []) {
      // what was done since the newest figure stands at the edge
      const x = Math.min(scales.x.getPixelForValue(at), chartArea.right);
      upright(ctx, chartArea, x, label, colour("--series-2"), []);
      flag(ctx, chartArea.top, x);
    }
    for (const { value, label } of data.levels ?? []) {
      across(ctx, chartArea, scales.y.getPixelForValue(value), label, colour("--bad"));
    }
    ctx.restore();
  },
};

function upright(ctx, area, x, label, ink, dashes) {
  if (x < area.left || x > area.right) return;
  const isNearTheEdge = x > area.right - ctx.measureText(label).width - 8;
  stroke(ctx, ink, dashes, [x, area.top], [x, area.bottom]);
  ctx.textAlign = isNearTheEdge ? "right" : "left";
  ctx.fillText(label, x + (isNearTheEdge ? -5 : 5), area.top + 10);
}

function across(ctx, area, y, label, ink) {
  if (y < area.top || y > area.bottom) return;
  stroke(ctx, ink, [6, 4], [area.left, y], [area.right, y]);
  ctx.textAlign = "right";
  ctx.fillText(label, area.right - 4, y - 4);
}

function stroke(ctx, ink, dashes, from, to) {
  ctx.strokeStyle = ctx.fillStyle = ink;
  ctx.lineWidth = 1;
  ctx.setLineDash(dashes);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

function flag(ctx, top, x) {
  ctx.beginPath();
  ctx.moveTo(x - 5, top);
  ctx.lineTo(x + 5, top);
  ctx.lineTo(x, top + 7);
  ctx.fill();
}

function addHeading(row, text, scope) {
  const cell = document.createElement("th");
  cell.scope = scope;
  cell.textContent = text;
  row.append(cell);
}

function speak(canvas, data) {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  head.insertCell();
  for (const { label } of data.series) addHeading(head, label, "col");
  data.labels.forEach((label, index) => {
    const row = table.insertRow();
    addHeading(row, label, "row");
    for (const { data: values } of data.series) row.insertCell().textContent = values[index] ?? "";
  });
  for (const { label, when } of [...(data.lines ?? []), ...(data.marks ?? [])]) {
    const row = table.insertRow();
    row.insertCell().textContent = when ?? "";
    row.insertCell().textContent = label;
  }
  for (const { label, value } of data.levels ?? []) {
    const row = table.insertRow();
    row.insertCell().textContent = label;
    row.insertCell().textContent = value;
  }
  canvas.replaceChildren(table);
  canvas.setAttribute("role", "figure");
}

function draw(canvas) {
  const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  drawn.get(canvas)?.destroy();
  speak(canvas, data);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  const chart = new Chart(canvas, {
    type: data.type || "line",
    data: { labels: data.labels, datasets: datasets(data), notes: data },
    options: options(data),
    plugins: [notes],
  });
  drawn.set(canvas, chart);
}

function drawAll(inside) {
  for (const canvas of inside.querySelectorAll("canvas[data-chart]")) draw(canvas);
}

drawAll(document);
document.addEventListener("themechange", () => drawAll(document));
document.body.addEventListener("htmx:load", (event) => {
  for (const canvas of event.detail.elt.querySelectorAll("canvas[data-chart]")) {
    if (!drawn.has(canvas)) draw(canvas);
  }
});
