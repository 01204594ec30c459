// A classic script in the head: the chosen theme stands before the first paint, so nothing flashes.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('earshot.theme');
  } catch {
    // A browser that keeps nothing follows the system.
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
