/*
 * What the page does: it filters, keeps the filter in its address and copies commands. It reads what is there and hides
 * some of it; it never makes markup, so that no text can become any. All of it is inline, and its hash stands in the
 * policy of the page.
 */
;(() => {
  'use strict'
  const root = document.documentElement
  root.classList.add('js')

  /** @param {string} id of an element that every page has, or every page with findings */
  const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element && target.closest('.command button')
    if (button) void copy(button)
  })

  /** @param {Element} button behind the command that it copies */
  async function copy(button) {
    const code = /** @type {Element} */ (button.previousElementSibling)
    const copied = (await toClipboard(code.textContent ?? '')) || fromSelection(code)
    button.textContent = byId('said').textContent = copied ? 'Copied' : 'Press Ctrl+C'
    if (copied) setTimeout(() => (button.textContent = 'Copy'), 2000)
  }

  /** @param {string} text */
  async function toClipboard(text) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      return false
    }
  }

  /**
   * Browsers have no clipboard for pages that came over plain HTTP.
   *
   * @param {Element} element
   */
  function fromSelection(element) {
    getSelection()?.selectAllChildren(element)
    return document.execCommand('copy')
  }

  if (document.getElementById('filters')) filtering()

  /**
   * @typedef {{ readonly element: HTMLElement, readonly namespace: number, text: string, hidden: boolean }} Finding An
   *   object of a fault. The numbers are places in the lists of the filters.
   * @typedef {{ readonly element: HTMLElement, readonly findings: readonly Finding[], readonly policy: number,
   *   readonly level: string, readonly upgrade: boolean, text: string, hidden: boolean }} Fault
   * @typedef {{ readonly policy: number, readonly namespace: number, readonly levels: readonly string[],
   *   readonly upgrade: boolean, readonly words: readonly string[] }} Wanted
   */
  function filtering() {
    const q = /** @type {HTMLInputElement} */ (byId('q'))
    const policy = /** @type {HTMLSelectElement} */ (byId('policy'))
    const namespace = /** @type {HTMLSelectElement} */ (byId('namespace'))
    const levels = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('input[name=level]')])
    const upgrade = /** @type {HTMLInputElement | null} */ (document.getElementById('upgrade'))
    const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll('[data-filter]')])
    const faults = [...document.querySelectorAll('article')].map(readFault)
    const total = faults.reduce((sum, { findings }) => sum + findings.length, 0)
    const quiet = document.getElementById('quiet')
    /** What is unfolded where nothing is filtered. */
    const foldable = [...document.querySelectorAll('#findings details')].map((element) => {
      const details = /** @type {HTMLDetailsElement} */ (element)
      return { details, open: details.open }
    })
    let isTextRead = false
    let isFiltered = false

    /**
     * @param {HTMLElement} element
     * @returns {Fault}
     */
    function readFault(element) {
      const items = /** @type {HTMLElement[]} */ ([...element.querySelectorAll('.finding')])
      const findings = items.map((item) => ({
        element: item,
        namespace: Number(item.dataset.namespace),
        text: '',
        hidden: false
      }))
      const policy = Number(element.dataset.policy)
      const level = element.classList[0] ?? ''
      return { element, findings, policy, level, upgrade: 'upgrade' in element.dataset, text: '', hidden: false }
    }

    /** Not before somebody looks for a word: it is most of the work. */
    function readTexts() {
      if (isTextRead) return
      isTextRead = true
      for (const fault of faults) {
        const parts = [...fault.element.querySelectorAll('summary, .body > :not(ul, details)')]
        fault.text = parts
          .map(({ textContent }) => textContent)
          .join(' ')
          .toLowerCase()
        for (const finding of fault.findings) finding.text = (finding.element.textContent ?? '').toLowerCase()
      }
    }

    function address() {
      const parameters = new URLSearchParams()
      if (policy.selectedIndex > 0) parameters.set('policy', policy.value)
      if (namespace.selectedIndex > 0) parameters.set('namespace', namespace.value)
      for (const { checked, value } of levels) if (checked) parameters.append('level', value)
      if (upgrade?.checked) parameters.set('upgrade', '1')
      if (q.value.trim() !== '') parameters.set('q', q.value.trim())
      return parameters.toString()
    }

    /** @param {URLSearchParams} parameters */
    function take(parameters) {
      choose(policy, parameters.get('policy'))
      choose(namespace, parameters.get('namespace'))
      const wanted = parameters.getAll('level')
      for (const level of levels) level.checked = wanted.includes(level.value)
      if (upgrade) upgrade.checked = parameters.has('upgrade')
      q.value = parameters.get('q') ?? ''
    }

    /**
     * @param {HTMLSelectElement} select
     * @param {string | null} value
     */
    function choose(select, value) {
      const index = [...select.options].findIndex((option, at) => at > 0 && option.value === value)
      select.selectedIndex = Math.max(0, index)
    }

    /**
     * @param {Fault} fault
     * @param {Wanted} wanted
     */
    function isWanted(fault, wanted) {
      if (wanted.policy >= 0 && fault.policy !== wanted.policy) return false
      if (wanted.levels.length > 0 && !wanted.levels.includes(fault.level)) return false
      return !wanted.upgrade || fault.upgrade
    }

    /**
     * @param {Fault} fault
     * @param {Finding} finding
     * @param {Wanted} wanted
     */
    function isFitting(fault, finding, wanted) {
      if (wanted.namespace >= 0 && finding.namespace !== wanted.namespace) return false
      return wanted.words.every((word) => finding.text.includes(word) || fault.text.includes(word))
    }

    function apply() {
      const words = q.value.toLowerCase().split(/\s+/)
      const wanted = {
        policy: policy.selectedIndex - 1,
        namespace: namespace.selectedIndex - 1,
        levels: levels.filter(({ checked }) => checked).map(({ value }) => value),
        upgrade: upgrade?.checked === true,
        words: words.filter((word) => word !== '')
      }
      if (wanted.words.length > 0) readTexts()
      let shown = 0
      let notes = 0
      for (const fault of faults) {
        const fitting = isWanted(fault, wanted) ? fault.findings.filter((one) => isFitting(fault, one, wanted)) : []
        setHidden(fault, fitting.length === 0)
        const kept = new Set(fitting)
        if (fitting.length > 0) for (const finding of fault.findings) setHidden(finding, !kept.has(finding))
        shown += fitting.length
        if (fault.level === 'note') notes += fitting.length
      }
      if (quiet) quiet.hidden = notes === 0
      unfold(address() !== '')
      tell(shown)
    }

    /**
     * What was asked for is not left behind a line that somebody has to click.
     *
     * @param {boolean} filtered
     */
    function unfold(filtered) {
      if (filtered === isFiltered) return
      isFiltered = filtered
      for (const { details, open } of foldable) details.open = filtered || open
    }

    /**
     * Most stay as they are, and the browser has nothing to do for those.
     *
     * @param {Fault | Finding} item
     * @param {boolean} hidden
     */
    function setHidden(item, hidden) {
      if (item.hidden === hidden) return
      item.hidden = hidden
      item.element.hidden = hidden
    }

    /** @param {number} shown findings */
    function tell(shown) {
      const state = address()
      const number = new Intl.NumberFormat('en')
      byId('count').textContent = `${number.format(shown)} of ${number.format(total)} findings shown`
      byId('clear').hidden = state === ''
      byId('empty').hidden = shown > 0
      for (const link of links) {
        if (link.dataset.filter === state) link.setAttribute('aria-current', 'true')
        else link.removeAttribute('aria-current')
      }
    }

    function remember() {
      const state = address()
      try {
        history.replaceState(null, '', state === '' ? location.href.split('#')[0] : `#${state}`)
      } catch {
        // A frame without an origin of its own, or more changes than the browser likes: the page works without it.
      }
    }

    function change() {
      apply()
      remember()
      const section = byId('findings')
      if (section.getBoundingClientRect().top < 0) section.scrollIntoView()
    }

    function clear() {
      take(new URLSearchParams())
      change()
      byId('findings-title').focus({ preventScroll: true })
    }

    /** The address holds a filter, or the id of an object, which no filter may then hide. */
    function follow() {
      const hash = location.hash.slice(1)
      if (hash.includes('=')) {
        take(new URLSearchParams(hash))
        apply()
        reveal(byId('findings'))
        byId('findings-title').focus({ preventScroll: true })
      } else if (/^o\d+$/.test(hash) || hash === '') {
        take(new URLSearchParams())
        apply()
        const object = document.getElementById(hash)
        if (object) reveal(object)
      }
    }

    /**
     * Objects get their height when they come into view, so that those above push this one away while it is reached.
     *
     * @param {Element} element
     */
    function reveal(element, frames = 4) {
      for (let at = element.closest('details'); at; at = at.parentElement?.closest('details') ?? null) at.open = true
      element.scrollIntoView()
      if (frames > 0) requestAnimationFrame(() => reveal(element, frames - 1))
    }

    for (const link of links) link.href = `#${link.dataset.filter}`
    byId('filters').hidden = false
    byId('filters').addEventListener('input', change)
    for (const button of [byId('clear'), byId('empty').querySelector('button')])
      button?.addEventListener('click', clear)
    addEventListener('hashchange', follow)
    follow()
  }
})()
