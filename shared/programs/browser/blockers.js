/* What keeps people from using a page: an expression that is run in it and gives sentences.

Few rules, each of which nobody argues about (WCAG 2, level A and AA: 1.1.1, 1.3.1, 1.4.3, 2.4.2, 3.1.1, 4.1.2).
Colours are read back from a canvas, so that every notation CSS has is understood. */
(() => {
  const said = [];
  const shown = (one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const words = (one) => (one.getAttribute('aria-label') || one.textContent || one.getAttribute('title') || '').trim()
    || [...one.querySelectorAll('img[alt]')].map((each) => each.alt).join(' ').trim()
    || (one.getAttribute('aria-labelledby') || '').split(/\s+/)
      .map((id) => document.getElementById(id)?.textContent || '').join(' ').trim();
  const told = (one) => '<' + one.tagName.toLowerCase() + (one.id ? ' id=' + one.id.slice(0, 40) : '')
    + (one.name ? ' name=' + String(one.name).slice(0, 40) : '') + '>';
  if (!document.documentElement.lang.trim()) said.push('the page does not say its language (lang of <html>)');
  if (!document.title.trim()) said.push('the page has no title');
  for (const one of document.images)
    if (!one.hasAttribute('alt') && shown(one) && !words(one) && !one.closest('[aria-hidden=true]')
        && !['presentation', 'none'].includes(one.getAttribute('role')))
      said.push('an image has no alt text: ' + (one.getAttribute('src') || '').slice(0, 80));
  const buttons = ['hidden', 'submit', 'button', 'reset', 'image'];
  for (const one of document.querySelectorAll('input, select, textarea'))
    if (!buttons.includes(one.type) && shown(one) && !(one.labels || []).length && !words(one))
      said.push('a field has no label: ' + told(one));
  for (const one of document.querySelectorAll('button, a[href], [role=button]'))
    if (shown(one) && !words(one)) said.push('nothing says what it is for: ' + told(one));
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext('2d', {willReadFrequently: true});
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top, share, below) => below.map((c, i) => top[i] * share + c * (1 - share));
  const chain = (one) => one ? [...chain(one.parentElement), one] : [];
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
    && getComputedStyle(document.documentElement).colorScheme.includes('dark');
  const lifted = (style) => ['absolute', 'fixed', 'sticky'].includes(style.position)
    || (style.position === 'relative' && style.zIndex !== 'auto');
  const ratio = (one) => {
    let ground = dark ? [18, 18, 18] : [255, 255, 255], faded = 1, afloat = false;
    for (const element of chain(one)) {
      const style = getComputedStyle(element);
      if (style.backgroundImage !== 'none') return null;
      faded *= Number(style.opacity);
      const [r, g, b, a] = rgba(style.backgroundColor);
      afloat = (afloat || lifted(style)) && a < 1;
      ground = over([r, g, b], a * faded, ground);
    }
    if (afloat) return null;  // what lies below it is not what it lies in
    const [r, g, b, a] = rgba(getComputedStyle(one).color);
    const [high, low] = [light(over([r, g, b], a * faded, ground)), light(ground)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const walker = document.createTreeWalker(document.body || document.documentElement, NodeFilter.SHOW_TEXT);
  const seen = new Set(), unread = 'script, style, noscript, :disabled, [aria-disabled=true]';
  for (let count = 0; count < 2000 && walker.nextNode(); count++) {
    const text = walker.currentNode.data.trim(), one = walker.currentNode.parentElement;
    if (!text || seen.has(one) || !shown(one) || one.closest(unread)) continue;
    seen.add(one);
    const style = getComputedStyle(one), size = parseFloat(style.fontSize), found = ratio(one);
    const enough = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (found !== null && found < enough - 0.005)
      said.push('text can hardly be read (contrast ' + found.toFixed(1) + ' of ' + enough + '): ' + text.slice(0, 60));
  }
  return said;
})()
