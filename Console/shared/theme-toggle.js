import { el } from './dom.js';
import { icon } from './icons.js';

/** Light, dark, or as the system says; kept as plain text because `theme.js` reads it before any module runs. */
class ThemeToggle extends HTMLElement {
  connectedCallback() {
    this.button = el('button', { type: 'button', class: 'quiet', 'data-test': 'theme', onclick: () => this.next() },
      icon('sun'), el('span', { class: 'label' }));
    this.replaceChildren(this.button);
    this.show();
  }

  get theme() { return document.documentElement.dataset.theme ?? 'system'; }

  next() {
    const next = { system: 'light', light: 'dark', dark: 'system' }[this.theme];
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === 'system') localStorage.removeItem('earshot.theme');
      else localStorage.setItem('earshot.theme', next);
    } catch {
      // Not kept; it holds for this page.
    }
    this.show();
  }

  show() {
    const name = { system: 'System', light: 'Light', dark: 'Dark' }[this.theme];
    this.button.querySelector('.label').textContent = name;
    this.button.setAttribute('aria-label', `Theme: ${name}. Change`);
    this.button.title = `Theme: ${name}`;
  }
}

customElements.define('theme-toggle', ThemeToggle);
