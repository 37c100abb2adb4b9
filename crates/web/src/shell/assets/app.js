// Sealpost's pages work without this. It saves reloads, knows keys, and keeps what is shown up to date.
(() => {
  'use strict';
  const root = document.documentElement;
  const body = document.body;
  const $ = (selector, of = document) => of.querySelector(selector);
  const $$ = (selector, of = document) => [...of.querySelectorAll(selector)];
  const app = `/app/${body.dataset.env}`;
  const PART = { Accept: 'text/html', 'Sealpost-Part': 'content' };
  root.classList.add('js');

  // — Fetching content alone, and putting it in its place —

  const parse = (html) => new DOMParser().parseFromString(html, 'text/html');

  const ask = async (url, options = {}) => {
    const response = await fetch(url, { ...options, headers: { ...PART, ...options.headers }, credentials: 'same-origin' });
    const html = await response.text();
    const isHtml = (response.headers.get('content-type') || '').startsWith('text/html');
    return { response, page: isHtml ? parse(html) : null };
  };

  const toast = (from) => {
    const news = from && $('.toasts', from);
    if (news && news.children.length) $('.toasts').replaceChildren(...news.childNodes);
    fade();
  };

  let shown = location.pathname + location.search;
  const put = (page, url) => {
    const content = $('.page', page);
    if (!content) return location.assign(url);
    $('#main .page').replaceWith(content);
    if (page.title) document.title = `${page.title} · Sealpost ${body.dataset.env}`;
    if (url && url !== location.href) history.pushState(null, '', url);
    shown = location.pathname + location.search;
    toast(page);
    settle();
  };

  // — Time —

  const SPANS = [[864e5, 'day'], [36e5, 'h'], [6e4, 'min'], [1e3, 's']];
  const ago = (since) => {
    const of = Math.abs(since);
    if (of < 1e3) return 'now';
    const [size, unit] = SPANS.find(([size]) => of >= size);
    // What lies ahead is not nearer than it is: “in 3 days”, a second after three days were set.
    const count = since >= 0 ? Math.floor(of / size) : Math.round(of / size);
    const span = `${count} ${unit}${unit === 'day' && count > 1 ? 's' : ''}`;
    return since >= 0 ? `${span} ago` : `in ${span}`;
  };
  const times = () => {
    for (const time of $$('time[datetime]')) {
      const at = new Date(time.dateTime);
      const since = Date.now() - at;
      if (Math.abs(since) < 45 * 864e5) time.textContent = ago(since);
      if (!time.dataset.local) {
        time.dataset.local = 'true';
        time.title += ` · ${at.toLocaleString()} here`;
      }
    }
  };
  setInterval(times, 20e3);

  // — Copying —

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = $('.sr[role="status"]') || body.appendChild(Object.assign(document.createElement('p'), { className: 'sr' }));
    said.setAttribute('role', 'status');
    said.textContent = 'Copied';
    button.classList.add('done');
    setTimeout(() => button.classList.remove('done'), 1200);
  };

  const fade = () => {
    const shown = $('.toasts .toast');
    if (shown) setTimeout(() => shown.matches(':hover, :focus-within') || shown.remove(), 8000);
  };

  // — Sheets: a page that asks something, shown in place —

  const sheet = $('#sheet');
  const openSheet = async (url) => {
    const { response, page } = await ask(url);
    if (!page || response.redirected) return location.assign(url);
    showSheet(page, url);
    if (!sheet.open) sheet.showModal();
    $('[autofocus], textarea, input:not([type=hidden]), button:not([data-close])', sheet.lastElementChild)?.focus();
  };
  const showSheet = (page, url) => {
    const content = $('.page', page);
    const title = $('h1', content);
    $('#sheet-title').textContent = title ? title.textContent : '';
    const head = title?.closest('.head');
    $$('h1, .crumb', head || content).forEach((one) => one.remove());
    if (head && !head.textContent.trim()) head.remove();
    sheet.dataset.url = url;
    sheet.lastElementChild.replaceChildren(...content.childNodes);
    settle(sheet);
  };

  const send = async (form) => {
    const { response, page } = await ask(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    if (!page) return location.assign(response.url);
    // What is shown in clear takes the place of what was masked.
    const isPage = response.redirected || !form.closest('dialog') || $('[data-clear-for]', page);
    if (response.ok && isPage) {
      sheet.open && sheet.close();
      return put(page, response.redirected ? response.url : '');
    }
    if (form.closest('dialog')) return showSheet(page, form.action);
    put(page, '');
  };

  // — Proving with a passkey that it is still you —

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const coded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const call = async (path, sent) => {
    const headers = { 'X-CSRF-Token': body.dataset.csrf, ...(sent && { 'Content-Type': 'application/json' }) };
    const answer = await fetch(path, { method: 'POST', headers, body: sent && JSON.stringify(sent) });
    const isJson = (answer.headers.get('content-type') || '').includes('json');
    const read = isJson ? await answer.json() : null;
    if (!answer.ok) throw new Error(read?.title || 'Something went wrong. Try again.');
    return read;
  };
  const answered = async (path, sent) => {
    if (!('PublicKeyCredential' in window)) throw new Error('This browser has no passkeys.');
    const options = await call(path, sent);
    const publicKey = {
      challenge: bytes(options.challenge),
      rpId: options.rp_id,
      allowCredentials: options.allow.map((id) => ({ type: 'public-key', id: bytes(id) })),
      userVerification: 'required',
      timeout: options.timeout_ms,
    };
    const { rawId, response } = await navigator.credentials.get({ publicKey });
    return {
      credential_id: coded(rawId),
      client_data: coded(response.clientDataJSON),
      authenticator_data: coded(response.authenticatorData),
      signature: coded(response.signature),
      user_handle: response.userHandle ? coded(response.userHandle) : null,
    };
  };
  const prove = async () => call('/v1/me/proof', await answered('/v1/me/proof/options'));
  // One answer is both: what they sign, and the proof that it is them.
  const sign = async (form) => {
    const answer = await answered(form.dataset.signAt, JSON.parse(form.dataset.sign));
    if (form.matches('[data-prove]')) await call('/v1/me/proof', answer);
    form.elements.signature.value = JSON.stringify(answer);
  };
  const told = (error) => {
    if (error.name === 'NotAllowedError') return 'That was cancelled or took too long. Try again.';
    return error instanceof DOMException ? 'Your device could not do this.' : error.message;
  };
  const complain = (form, error) => {
    let line = $('[data-prove-says]', form);
    if (!line) {
      line = Object.assign(document.createElement('p'), { className: 'note bad' });
      line.setAttribute('role', 'alert');
      line.dataset.proveSays = '';
      $('.acts', form).before(line);
    }
    line.hidden = false;
    line.textContent = told(error);
  };
  const proveBack = async (button) => {
    const around = button.closest('.problem');
    try {
      await prove();
    } catch (error) {
      return complain(around, error);
    }
    if (around.closest('dialog')) openSheet(sheet.dataset.url); else history.back();
  };

  // — A secret that is shown once —

  const stored = (of) => {
    const tick = $('[data-stored]', of);
    const go = tick && $('[data-after]', tick.closest('section'));
    if (!go) return;
    const set = () => { go.classList.toggle('dim', !tick.checked); go.setAttribute('aria-disabled', !tick.checked); };
    tick.addEventListener('change', set);
    go.addEventListener('click', (event) => { if (!tick.checked) { event.preventDefault(); tick.focus(); } });
    set();
  };

  // — A form whose answer follows its fields —

  const follow = (form) => {
    let waiting = 0;
    let turn = 0;
    const into = document.getElementById(form.dataset.follow);
    const go = async () => {
      const mine = ++turn;
      const url = form.dataset.preview || form.action;
      const { page } = await ask(url, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
      const news = page && page.getElementById(form.dataset.follow);
      if (mine === turn && news) into.replaceChildren(...news.childNodes);
    };
    form.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(go, 250); });
  };

  // — Where to go —

  const palette = $('#palette');
  const choices = $('#palette-list');
  const places = $$('.rail .nav a').map((a) => ({ says: a.textContent.trim(), href: a.href, icon: $('svg', a).cloneNode(true), key: a.dataset.key }));
  let chosen = 0;
  const offer = () => {
    const words = $('input[name=q]', palette).value.trim().toLowerCase();
    const fitting = places.filter((place) => place.says.toLowerCase().includes(words));
    chosen = 0;
    choices.replaceChildren(...fitting.map((place, at) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      const hint = document.createElement('kbd');
      item.setAttribute('role', 'presentation');
      link.id = `place-${at}`;
      link.setAttribute('role', 'option');
      link.setAttribute('aria-selected', at === 0);
      hint.textContent = `g ${place.key}`;
      link.href = place.href;
      link.tabIndex = -1;
      link.append(place.icon.cloneNode(true), place.says, hint);
      item.append(link);
      return item;
    }));
    point();
  };
  const point = () => {
    const items = $$('a', choices);
    items.forEach((item, at) => item.setAttribute('aria-selected', at === chosen));
    items[chosen]?.scrollIntoView({ block: 'nearest' });
    const input = $('input[name=q]', palette);
    if (items[chosen]) input.setAttribute('aria-activedescendant', items[chosen].id); else input.removeAttribute('aria-activedescendant');
  };
  const openPalette = () => {
    // Whoever was let in to help has none.
    if (!palette) return;
    $('.rail').matches(':popover-open') && $('.rail').hidePopover();
    $('input[name=q]', palette).value = '';
    offer();
    if (!palette.open) palette.showModal();
  };
  if (palette) {
    $('input[name=q]', palette).addEventListener('input', offer);
    palette.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && choices.children.length) {
        event.preventDefault();
        chosen = (chosen + step + choices.children.length) % choices.children.length;
        point();
      } else if (event.key === 'Enter' && choices.children[chosen]) {
        event.preventDefault();
        location.assign($('a', choices.children[chosen]).href);
      }
    });
  }

  // — Keys —

  const typing = (target) => target.closest('input, textarea, select, [contenteditable]');
  const rows = () => $$('#main tr').filter((row) => $('a.go', row));
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains('on'));
    all[at]?.classList.remove('on');
    const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
    next.classList.add('on');
    $('a.go', next).focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  };
  let going = 0;
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      return openPalette();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $('dialog[open]')) return;
    if (Date.now() - going < 1200) {
      going = 0;
      const place = places.find((place) => place.key === event.key);
      if (place) { event.preventDefault(); location.assign(place.href); }
      return;
    }
    const act = {
      '/': () => { const search = $('#main input[type=search]'); if (search) search.focus(); else openPalette(); },
      '?': () => $('#keys').showModal(),
      j: () => step(1),
      k: () => step(-1),
      g: () => { going = Date.now(); },
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  // — Clicks and forms, wherever they are —

  const submit = async (form, button) => {
    // Another button leads elsewhere, to what takes no proof. What comes back has a form of its own.
    const elsewhere = button?.hasAttribute('formaction');
    if (elsewhere) form.action = button.formAction;
    if (form.matches('[data-prove], [data-sign]') && !elsewhere) {
      try {
        await (form.matches('[data-sign]') ? sign(form) : prove());
      } catch (error) {
        return complain(form, error);
      }
      delete form.dataset.prove;
    }
    const inPlace = (form.matches('[data-part]') || form.closest('#sheet')) && !form.matches('[data-file]');
    if (inPlace) return send(form).catch(() => form.submit());
    form.submit();
    // What comes is saved, and the page is still there.
    if (form.matches('[data-file]')) form.closest('dialog')?.close();
  };

  document.addEventListener('click', (event) => {
    const on = (selector) => event.target.closest(selector);
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    let hit;
    if ((hit = on('[data-copy]'))) copy(hit);
    else if ((hit = on('[data-dismiss]'))) hit.closest('.toast').remove();
    else if ((hit = on('[data-close]'))) { if (hit.closest('dialog')) { event.preventDefault(); hit.closest('dialog').close(); } }
    else if ((hit = on('[data-prove-back]'))) proveBack(hit);
    else if (on('[data-keys]')) $('#keys').showModal();
    else if (plain && (hit = on('[data-palette]'))) { event.preventDefault(); openPalette(); }
    else if (plain && (hit = on('a[data-sheet]'))) { event.preventDefault(); hit.closest('[popover]')?.hidePopover(); openSheet(hit.href); }
    else if (event.target.matches('dialog')) event.target.close();
  });
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.matches('[data-themes]')) {
      event.preventDefault();
      const theme = event.submitter.value;
      if (theme === 'system') delete root.dataset.theme; else root.dataset.theme = theme;
      $$('button', form).forEach((button) => button.setAttribute('aria-pressed', button === event.submitter));
      ask(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form, event.submitter)) });
    } else if (form.matches('[data-part], [data-prove], [data-sign]') || form.closest('#sheet')) {
      event.preventDefault();
      const buttons = $$('button', form);
      buttons.forEach((button) => { button.disabled = true; });
      submit(form, event.submitter).finally(() => buttons.forEach((button) => { button.disabled = false; }));
    }
  });
  // Going to a part of the page is no other page.
  addEventListener('popstate', () => { if (location.pathname + location.search !== shown) location.reload(); });

  // — What is shown in clear is shown for a while —

  const hideLater = (of) => {
    const clear = $('[data-clear-for]', of);
    if (clear) setTimeout(() => location.reload(), Number(clear.dataset.clearFor) * 1000);
  };

  // — News —

  let stream;
  let soon = 0;
  /** Kinds that changed and that nothing shown was made anew for. */
  const changed = new Set();
  // Pages say what they are about; what is told on every page says it for itself.
  const hears = () => $$('#main [data-live], #main [data-hears]').flatMap((one) => (one.dataset.live || one.dataset.hears).split(' '));
  const refresh = async () => {
    const busy = $('dialog[open], [popover]:popover-open:not(.rail)') || typing(document.activeElement || body);
    // What is shown now may be about something else, or in clear and to stay so for a while.
    if (document.hidden || busy || !hears().some((kind) => changed.has(kind))) return;
    changed.clear();
    const known = new Set($$('#main [data-row]').map((row) => row.dataset.row));
    const [scroll, old] = [scrollY, $('#main .page')];
    const { response, page } = await ask(location.href);
    const content = page && $('.page', page);
    if (!response.ok || !content || !old.isConnected) return;
    const open = $$('#main details[open]').map((one) => $$('#main details').indexOf(one));
    old.replaceWith(content);
    open.forEach((at) => { const one = $$('#main details')[at]; if (one) one.open = true; });
    if (known.size) $$('#main [data-row]').forEach((row) => row.classList.toggle('new', !known.has(row.dataset.row)));
    settle();
    scrollTo(0, scroll);
  };
  const watch = () => {
    if (!hears().length) { stream?.close(); stream = null; return; }
    if (stream) return;
    // What happened between the making of this page and now is news as well.
    stream = new EventSource(`${app}/live?since=${$('#main .page').dataset.at}`);
    stream.addEventListener('change', (event) => {
      JSON.parse(event.data).kinds.forEach((kind) => changed.add(kind));
      clearTimeout(soon);
      soon = setTimeout(refresh, 150);
    });
    // It ends when the session does, or the server: who has to sign in again is led there, the rest hear on by themselves.
    stream.addEventListener('error', async () => {
      const { response } = await ask(location.href).catch(() => ({}));
      if (response?.redirected) return location.reload();
      if (response?.ok && stream?.readyState === EventSource.CLOSED) { stream = null; watch(); }
    });
  };
  const catchUp = () => setTimeout(refresh);
  document.addEventListener('visibilitychange', catchUp);
  // What came while something was open or typed.
  for (const over of ['close', 'toggle', 'focusout']) document.addEventListener(over, catchUp, true);
  addEventListener('pagehide', () => { stream?.close(); stream = null; });

  const settle = (of = document) => {
    times();
    hideLater(of);
    stored(of);
    $$('form[data-follow]', of).forEach((form) => { if (!form.dataset.followed) { form.dataset.followed = 'true'; follow(form); } });
    if (of === document) watch();
  };
  fade();
  settle();
})();
