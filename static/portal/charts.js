// Draws <canvas data-chart="id"> from the JSON that {{ data|json_script:"id" }} left on the page:
// {"type": "line" | "bar" | "doughnut", "labels": […], "series": [{"label": "…", "data": […]}],
//  "stacked": false, "unit": ""}. Screen readers get the same numbers as a table.
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
    return {
      ...series,
      borderColor: own,
      backgroundColor: seeThrough(own),
      borderWidth: 2,
      fill: data.series.length === 1,
      pointRadius: data.labels.length > 31 ? 0 : 2.5,
      pointHitRadius: 12,
      tension: 0.25,
    };
  });
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
      grid: { color: line },
      border: { display: false },
      ticks: { color: text, precision: 0, maxTicksLimit: 6, callback: (value) => numbers.format(value) },
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
          label: ({ dataset, label, parsed }) =>
            ` ${dataset.label || label}: ${numbers.format(parsed.y ?? parsed)}${unit}`,
        },
      },
    },
  };
}

function speak(canvas, data) {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const text of ["", ...data.series.map((series) => series.label)]) {
    const cell = document.createElement("th");
    cell.textContent = text;
    head.append(cell);
  }
  data.labels.forEach((label, index) => {
    const row = table.insertRow();
    for (const value of [label, ...data.series.map((series) => series.data[index])]) {
      row.insertCell().textContent = value ?? "";
    }
  });
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
    data: { labels: data.labels, datasets: datasets(data) },
    options: options(data),
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
