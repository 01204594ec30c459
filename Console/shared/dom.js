// Elements made by hand: small enough to read, and without HTML text, so nothing that a caller is named can become markup.

/**
 * An element. Keys that begin with `on` are listeners, `true` is an empty attribute, `null`, `undefined` and `false`
 * are left out.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Writes only what differs: an unchanged text costs no layout and is not spoken again by a screen reader. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Rebuilds the children only when `key` has changed since the last time. */
export function rebuild(element, key, children) {
  if (element.dataset.builtOf === key) return;
  element.dataset.builtOf = key;
  element.replaceChildren(...children().flat().filter(Boolean));
}

/** Whether keys typed into it are text or belong to the control itself. */
export function takesKeys(element) {
  return element instanceof Element &&
    element.closest('input, textarea, select, summary, [contenteditable], dialog[open]') !== null;
}

let lastId = 0;

/** An id for `aria-labelledby` and its like, unique on the page. */
export function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
