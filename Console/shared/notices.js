import { el } from './dom.js';
import { icon } from './icons.js';

/** How long a passing notice stays, ms. Failures stay until they are closed. */
const stay = 6000;

/** Short news at the edge of the page, spoken by screen readers. */
class PageNotices extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'status');
    this.setAttribute('aria-live', 'polite');
    this.dataset.test = 'notices';
  }

  /** @param {'plain'|'bad'} tone */
  say(title, detail = '', tone = 'plain') {
    // The same news twice is one notice.
    for (const old of [...this.children]) {
      if (old.dataset.title === title || (detail && old.dataset.detail === detail)) old.remove();
    }
    const notice = el('div', { class: `notice ${tone}`, 'data-title': title, 'data-detail': detail },
      el('div', {}, el('strong', {}, title), detail ? el('p', {}, detail) : null),
      el('button', { type: 'button', class: 'quiet', 'aria-label': 'Close this notice', onclick: () => notice.remove() },
        icon('close')));
    this.append(notice);
    while (this.children.length > 4) this.firstChild.remove();
    if (tone !== 'bad') setTimeout(() => notice.remove(), stay);
  }

  /** A `Problem`, or any other failure with words of its own. */
  fail(problem) {
    this.say(problem.title ?? 'Something went wrong', problem.detail ?? problem.message, 'bad');
  }
}

customElements.define('page-notices', PageNotices);

export const notices = () => document.querySelector('page-notices');
