import { timeText } from '../shared/clock.js';
import { el, rebuild } from '../shared/dom.js';

/** Written cues, newest large and first, spoken when it comes. */
export class CueList {
  constructor() {
    this.items = el('ol', { 'aria-live': 'polite', 'aria-relevant': 'additions', 'data-test': 'cues' });
    this.element = el('section', { class: 'cues', 'aria-label': 'From your supervisor', hidden: true }, this.items);
    this.shown = new Set();
  }

  show(cues) {
    this.element.hidden = cues.length === 0;
    rebuild(this.items, cues.map((cue) => cue.number).join(), () => cues.slice(-4).reverse().map((cue) => {
      const isNew = !this.shown.has(cue.number);
      this.shown.add(cue.number);
      return el('li', { class: isNew ? 'new' : '', 'data-test': 'cue' }, el('span', {}, cue.text), el('time', {}, timeText(cue.at)));
    }));
  }
}
