/** From the top of the page down to the findings. */
export const SUMMARY_STYLE = `
.incomplete{background:var(--warning-tint);color:var(--ink);border-bottom:1px solid var(--warning-fill);
border-top:6px solid var(--warning-fill);padding-block:1rem}
.incomplete strong{color:var(--warning)}
.incomplete ul{margin-block-start:.5rem;font-size:.9375rem}
.incomplete li{padding-block:.375rem;border-block-start:1px solid color-mix(in srgb,var(--warning-fill) 45%,transparent)}
.incomplete li code{font-weight:600;margin-inline-end:.375rem}
.incomplete small{color:var(--soft);font-family:var(--mono)}

header{background:var(--deep);color:var(--foam);padding-block:1.25rem 1.75rem}
.answer{position:relative;padding-block-end:1.75rem}
.kelp{display:none;position:absolute;inset-inline-end:0;inset-block-end:-1px;height:16.25rem}
.kelp path{fill:none;stroke:var(--kelp);stroke-width:3.5;stroke-linecap:round;stroke-linejoin:round}
.kelp #blade,.kelp use{fill:var(--kelp);stroke:none}
.kelp .roots{stroke-width:2.2}
.kelp .rock{fill:var(--rock);stroke:none}
@media (min-width:48rem){.kelp{display:block}.answer{min-height:16.25rem}}
.tick{width:.8em;height:.8em;margin-inline-end:.35em;vertical-align:-.04em}
.tick circle{fill:var(--clean-fill)}
.tick path{fill:none;stroke:var(--deep);stroke-width:3.5;stroke-linecap:round;stroke-linejoin:round}
.brand{display:flex;align-items:center;gap:.625rem;font-size:1.0625rem;color:var(--mist)}
.brand b{color:var(--foam);letter-spacing:-.01em}
.mark{width:2rem;height:2rem}
h1{font-size:clamp(1.75rem,1.2rem + 2.6vw,2.75rem);line-height:1.12;letter-spacing:-.025em;font-weight:680;
margin-block:1.75rem .5rem;max-width:22ch;text-wrap:balance}
.why{font-size:1.125rem;max-width:60ch;margin-block-end:.375rem}
.source time{display:inline-block}
.source{max-width:60ch;color:var(--mist)}
.tiles{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));margin-block-end:1.25rem;
border-block:1px solid var(--rock)}
.tiles li{padding-block:.875rem 1rem;padding-inline:1.25rem .75rem;border-inline-start:1px solid var(--rock)}
.tiles li:first-child{padding-inline-start:0;border:0}
.tiles a{display:block;color:inherit;text-decoration:none}
.tiles a[href] span{text-decoration:underline;text-decoration-color:var(--mist);text-underline-offset:.2em}
.tiles a[href]:hover span{text-decoration-thickness:2px;text-decoration-color:currentColor}
header :focus-visible{outline-color:var(--foam)}
.tiles strong{display:block;font-size:clamp(2.25rem,1.4rem + 2.8vw,3.5rem);line-height:1.05;font-weight:650;
letter-spacing:-.035em;font-variant-numeric:tabular-nums;color:var(--figure)}
.tiles span{display:block;line-height:1.25;margin-block-start:.25rem}
.tiles small{display:block;color:var(--mist);margin-block-start:.125rem}
.tiles li{--figure:var(--foam)}
.tiles .error{--figure:var(--coral)}
.tiles .warning{--figure:var(--sand)}
.tiles .next{--figure:var(--anemone)}
.tiles .zero{--figure:var(--mist);color:var(--mist)}
.tiles .zero strong{font-weight:400}
.bar{display:block;width:100%;height:.75rem;border-radius:3px;overflow:hidden}
.bar rect{stroke:var(--card);stroke-width:1.5}
.ribbon .bar{height:.625rem}
.ribbon .bar rect{stroke:var(--deep)}
rect.error{fill:var(--error-fill)}rect.warning{fill:var(--warning-fill)}
rect.note{fill:var(--note-fill)}rect.clean{fill:var(--clean-fill)}
.ribbon figcaption{display:flex;flex-wrap:wrap;gap:.125rem 1rem;margin-block-start:.5rem;color:var(--mist);
font-size:.875rem}
.legend{display:flex;flex-wrap:wrap;gap:.125rem 1rem;color:var(--foam)}
.legend li::before{content:"";display:inline-block;width:.625rem;height:.625rem;border-radius:2px;
margin-inline-end:.375rem;background:var(--swatch)}
.legend .error{--swatch:var(--error-fill)}.legend .warning{--swatch:var(--warning-fill)}
.legend .note{--swatch:var(--note-fill)}.legend .clean{--swatch:var(--clean-fill)}

.upgrade{background:var(--next-tint);border-color:var(--next-fill);padding:1.25rem 1.5rem}
.upgrade h2{color:var(--next)}
.upgrade>p{max-width:80ch;margin-block-start:.25rem}
.upgrade>ul>li,.upgrade>details>ul>li{border-block-start:1px solid color-mix(in srgb,var(--next-fill) 35%,transparent);
margin-block-start:.875rem;padding-block-start:.875rem;display:grid;gap:.375rem}
.upgrade li b{font-weight:600}
.objects{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:.25rem 1.5rem;
font-size:.9375rem}

.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:1.25rem}
.panel{padding:1.25rem 1.5rem}
.panel h2{margin-block-end:.875rem}
.panel a{text-decoration-color:color-mix(in srgb,currentColor 40%,transparent);text-underline-offset:.2em}
.panel a[href]:hover{text-decoration-color:currentColor}
.panel a[aria-current]{font-weight:700;text-decoration:2px underline}
.bars{display:grid;gap:.875rem}
.bars li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.25rem .75rem;align-items:baseline}
.bars .bar{grid-row:2;grid-column:1/-1}
.sum{font-size:.875rem;color:var(--soft);text-align:end;font-variant-numeric:tabular-nums}
.sum i{font-style:normal;margin-inline-start:.5rem;white-space:nowrap}
.sum .error{color:var(--error)}.sum .warning{color:var(--warning)}.sum .note{color:var(--note)}

table{width:100%;border-collapse:separate;border-spacing:3px;font-variant-numeric:tabular-nums}
th{font-weight:400;font-size:.8125rem;color:var(--soft);text-align:center;vertical-align:bottom}
th[scope=row],th:first-child{text-align:start;font-size:.9375rem;padding-inline-end:.5rem}
tbody th:first-child{font-size:.9375rem;vertical-align:middle}
thead th:first-child{font-size:.8125rem}
td{width:4.5rem;text-align:center;border-radius:4px;padding:0}
td a,td.zero{display:block;padding:.3125rem .25rem;color:inherit}
td.zero{display:table-cell;color:var(--soft)}
td.heat1{--share:0%}td.heat2{--share:14%}td.heat3{--share:28%}td.heat4{--share:45%}
td[class*=heat]{color:var(--ink);background:color-mix(in srgb,var(--fill) var(--share),var(--tint))}
td.error{--fill:var(--error-fill);--tint:var(--error-tint)}
td.warning{--fill:var(--warning-fill);--tint:var(--warning-tint)}
td.note{--fill:var(--note-fill);--tint:var(--note-tint)}
td.next{--fill:var(--next-fill);--tint:var(--next-tint)}
@media (max-width:40rem){
header{padding-block-end:1.5rem}
h1{margin-block-start:1.25rem}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}
.tiles li:nth-child(odd){padding-inline-start:0;border-inline-start:0}
.tiles li:nth-child(n+3){border-block-start:1px solid var(--rock)}
.panel,.upgrade{padding:1rem .875rem}
table{table-layout:fixed;border-spacing:2px}
thead th,thead th:first-child{font-size:.6875rem;width:3.125rem;padding:0;letter-spacing:-.01em}
thead th:first-child{width:auto}
tbody th:first-child{font-size:.875rem;padding-inline:0 .25rem}
}
`
