import { PALETTES, variables } from './palette.ts'
import { FINDINGS_STYLE } from './style-findings.ts'
import { SUMMARY_STYLE } from './style-summary.ts'

const BASE = `
:root{color-scheme:light dark;${variables(PALETTES.light)};
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{${variables(PALETTES.dark)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 var(--sans);overflow-wrap:anywhere}
h1,h2,h3,p,ul,dl,dd,figure,fieldset{margin:0;padding:0;border:0}
ul{list-style:none}
a{color:var(--link)}
code{font-family:var(--mono);font-size:.875em}
a,code,.name,.kind,dd{unicode-bidi:isolate}
a[data-filter]:not([href]){color:inherit;text-decoration:none}
.skip{position:absolute;inset-inline-start:-100vw;z-index:3;padding:.5rem 1rem;background:var(--card)}
.skip:focus{inset-inline-start:1rem}
.aside{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
small{font-size:.8125rem;font-weight:400}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
[hidden]{display:none!important}
button,input,select{font:inherit;color:inherit}
button{cursor:pointer}
html:not(.js) button{display:none}
.wide{width:100%;max-width:74rem;margin-inline:auto;padding-inline:clamp(1rem,4vw,2.5rem)}
h2{font-size:1.25rem;line-height:1.25;letter-spacing:-.01em}
main{display:grid;grid-template-columns:minmax(0,1fr);gap:2.25rem;padding-block:2.25rem 3rem}
main:empty{padding-block-start:0}
.remarks ul{list-style:disc;padding-inline-start:1.25rem;margin-block-start:.5rem;max-width:84ch}
summary{cursor:pointer;color:var(--link);padding-block:.5rem;width:fit-content}
.panel,.upgrade,article,#empty{background:var(--card);border:1px solid var(--line);border-radius:10px}
footer{border-top:1px solid var(--line);color:var(--soft);font-size:.875rem;padding-block:1.5rem 2.5rem}
footer dl{display:flex;flex-wrap:wrap;gap:.75rem 2.5rem}
dt{font-size:.75rem;letter-spacing:.03em}
dd{color:var(--ink)}
`

const PRINT = `
@media print{
:root{${variables(PALETTES.light)};--page:#fff}
body{font-size:10pt}
main{display:block;padding-block:1rem}
main>*{margin-block-end:1.5rem}
#filters,button,.skip{display:none!important}
.tools{position:static!important}
article{content-visibility:visible!important}
.finding,.tiles li{break-inside:avoid}
h2,h3{break-after:avoid}
details::details-content{content-visibility:visible;height:auto}
header,.bar,td,.level,.next,.tiles li,.diff{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`

/** All of the page's style. Its hash stands in the page's policy, so nothing may be added to it later. */
export const STYLE = BASE + SUMMARY_STYLE + FINDINGS_STYLE + PRINT
