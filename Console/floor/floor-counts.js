import { asksForHelp } from './attention.js';
import { livingSessions } from './call-facts.js';
import { el, setText } from '../shared/dom.js';

const words = { calls: 'calls', supervised: 'supervised', needHelp: 'need help' };

/** How many calls there are, how many are supervised, and how many agents ask for help. */
export function countsOf(calls) {
  let supervised = 0;
  let needHelp = 0;
  for (const call of calls) {
    if (livingSessions(call).length > 0) supervised += 1;
    if (asksForHelp(call)) needHelp += 1;
  }
  return { calls: calls.length, supervised, needHelp };
}

/** The counts in the page's bar. */
export class FloorCounts {
  constructor() {
    this.values = Object.fromEntries(Object.keys(words).map((key) => [key, el('dd', { 'data-test': `count-${key}` }, '–')]));
    this.element = el('dl', { class: 'counts' }, Object.entries(words).map(([key, word]) =>
      el('div', { class: key }, el('dt', {}, word), this.values[key])));
  }

  show(counts) {
    for (const [key, count] of Object.entries(counts)) setText(this.values[key], String(count));
    this.element.classList.toggle('alarm', counts.needHelp > 0);
    document.title = counts.needHelp > 0 ? `(${counts.needHelp}) Earshot floor` : 'Earshot floor';
  }
}
