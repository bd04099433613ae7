// Runs before the first paint, so that a chosen theme never flashes in the other one.
(function () {
  try {
    const theme = localStorage.getItem("simulator.theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch (error) {
    document.documentElement.dataset.theme = "auto";
  }
})();
