// Before anything is painted: the theme that the address or this browser asks for.
(() => {
  let kept = "";
  try { kept = localStorage.getItem("bloasis-theme") || ""; } catch { /* Then as the system has it. */ }
  const theme = new URLSearchParams(location.search).get("theme") || kept;
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
