// The server's time and the one tick per second that all durations on a page share.

/** Server time minus this machine's, ms. */
let offset = 0;

export const serverNow = () => Date.now() + offset;

/** @param {string} serverTime RFC 3339, as it was a moment ago */
export function learnServerTime(serverTime) {
  const time = Date.parse(serverTime);
  if (Number.isFinite(time)) offset = time - Date.now();
}

const listeners = new Set();
let timer = null;

/** Calls `listener` once a second, at the second, while the page can be seen. Returns what stops it. */
export function onTick(listener) {
  listeners.add(listener);
  if (timer === null) schedule();
  return () => listeners.delete(listener);
}

function schedule() {
  timer = setTimeout(() => {
    timer = null;
    if (!document.hidden) for (const listener of listeners) listener(serverNow());
    if (listeners.size > 0) schedule();
  }, 1000 - (serverNow() % 1000) + 5);
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) for (const listener of listeners) listener(serverNow());
});

/** `0:07`, `12:34`, `1:02:03`. */
export function durationText(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The time of day where the reader is. */
export function timeText(time) {
  return new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
