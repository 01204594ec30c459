// What this browser remembers of its user. Where storage is forbidden everything works, and is forgotten.

export function remembered(key, fallback) {
  try {
    const text = localStorage.getItem(`earshot.${key}`);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`earshot.${key}`, JSON.stringify(value));
  } catch {
    // Full or forbidden: the wish holds until the page is closed.
  }
}

/** What this tab alone remembers, over a reload of its page. */
export function rememberedInTab(key, fallback) {
  try {
    const text = sessionStorage.getItem(`earshot.${key}`);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

export function rememberInTab(key, value) {
  try {
    sessionStorage.setItem(`earshot.${key}`, JSON.stringify(value));
  } catch {
    // Full or forbidden: a page that is loaded anew begins as if nothing had been said.
  }
}
