/** The list of findings, and what chooses among them. */
export const FINDINGS_STYLE = `
#findings{scroll-margin-block-start:1rem;display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
.tools{display:contents}
#findings-title{outline:none;scroll-margin-block-start:1rem}
#filters{display:grid;grid-template-columns:minmax(10rem,2fr) repeat(2,minmax(0,1fr));gap:.75rem 1rem;align-items:end}
#filters>label,legend{font-size:.8125rem;color:var(--soft)}
legend{padding:0;float:inline-start;margin-inline-end:.25rem}
input[type=search],select{display:block;width:100%;min-height:2.75rem;margin-block-start:.1875rem;padding:.5rem .75rem;
font-size:1rem;color:var(--ink);background:var(--card);border:1px solid var(--rim);border-radius:6px;text-overflow:ellipsis}
::placeholder{color:var(--soft);opacity:1}
fieldset{grid-column:1/-1;display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;min-width:0}
.chip{display:inline-flex;align-items:center;gap:.5rem;min-height:2.5rem;padding:.25rem .875rem .25rem .75rem;
border:1px solid var(--rim);border-radius:99px;background:var(--card);font-size:.9375rem;cursor:pointer}
.chip input{margin:0;width:1rem;height:1rem;accent-color:var(--text)}
.chip.error{--text:var(--error);--tint:var(--error-tint)}
.chip.warning{--text:var(--warning);--tint:var(--warning-tint)}
.chip.note{--text:var(--note);--tint:var(--note-tint)}
.chip.next{--text:var(--next);--tint:var(--next-tint)}
.chip:has(:checked){background:var(--tint);border-color:var(--text);color:var(--text);font-weight:600}
.chip:has(:focus-visible){outline:2px solid var(--link);outline-offset:2px}
.status{position:sticky;inset-block-start:0;z-index:2;display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1rem;
min-height:2.75rem;margin-inline:-1rem;padding-inline:1rem;background:var(--page);font-weight:600;
font-variant-numeric:tabular-nums}
#clear,#empty button{padding:.3125rem .875rem;border:1px solid var(--link);border-radius:99px;background:none;
color:var(--link);font-weight:600}
#empty{padding:3rem 1.5rem;text-align:center}
#empty p+p{color:var(--soft);margin-block:.25rem 1rem}
@media (min-width:56rem) and (min-height:40rem){
.tools{display:grid;grid-template:"title status" auto "filters filters" auto/auto 1fr;align-items:center;gap:.5rem 1.5rem;
position:sticky;inset-block-start:0;z-index:2;background:var(--page);margin-inline:-1rem;padding:.75rem 1rem;
border-block-end:1px solid var(--line)}
#findings-title{grid-area:title}
.tools #filters{grid-area:filters}
.status{grid-area:status;position:static;padding:0;margin:0}
:root{--tools:13rem}
}

article{padding:1.125rem 1.5rem 1.25rem;min-width:0;content-visibility:auto;contain-intrinsic-size:auto 15rem;
scroll-margin-block-start:var(--tools,4rem)}
article:target{outline:2px solid var(--link);outline-offset:2px}
h3{font-size:1.125rem;line-height:1.3;letter-spacing:-.005em;font-weight:400}
.kind,h3 span span,.upgrade .kind{color:var(--soft)}
.kind{font-weight:400}
.name{font-weight:650}
.name span{font-weight:400}
.origin{font-size:.875rem;color:var(--soft)}
article ul{margin-block-start:.875rem}
.finding{--text:var(--note);--tint:var(--note-tint);padding-block:1rem;border-block-start:1px solid var(--line);
display:grid;grid-template-columns:minmax(0,1fr);gap:.5rem;padding-inline-start:var(--gutter)}
:root{--gutter:6.25rem}
.finding:last-child{padding-block-end:0}
.finding.error{--text:var(--error);--tint:var(--error-tint)}
.finding.warning{--text:var(--warning);--tint:var(--warning-tint)}
.finding p{max-width:84ch}
.level,.careful b,.finding .way b{float:inline-start;margin-inline-start:calc(-1*var(--gutter))}
.what{font-size:1.0625rem;font-weight:500}
.level,.how .next{padding:0 .5rem;border-radius:4px;font-weight:650;font-size:.8125rem;line-height:1.5rem;
color:var(--text);background:var(--tint);border:1px solid var(--text)}
.finding.error .level{color:var(--card);background:var(--text)}
.finding.note .level{background:none;border-style:dashed}
.how{display:flex;flex-wrap:wrap;gap:.125rem 1rem;align-items:center;font-size:.875rem;color:var(--soft)}
.how b{font-weight:600;color:var(--ink)}
.how .next{--text:var(--next);--tint:var(--next-tint)}
.how code{font-size:.8125rem}
.careful b{color:var(--warning)}
.way b{color:var(--clean)}
.finding .way,.finding .how{max-width:none}
.command{display:flex;width:fit-content;max-width:100%;margin-block:.25rem;background:var(--sunk);border:1px solid var(--line);
border-radius:6px;overflow:hidden}
.command span{display:inline-block;max-width:100%}
.command code{padding:.3125rem .75rem;min-width:0}
.command button{border:0;border-inline-start:1px solid var(--line);background:var(--card);color:var(--link);
flex:none;min-width:4.5rem;padding:.3125rem .75rem;font-size:.8125rem;font-weight:600}
.command button:focus-visible{outline-offset:-3px}
.diff{font:.875rem/1.6 var(--mono);border:1px solid var(--line);border-radius:6px;overflow:hidden;background:var(--sunk)}
.diff del,.diff ins{display:block;text-decoration:none;padding:0 .75rem 0 2rem;text-indent:-1.25rem;unicode-bidi:isolate}
.diff del{background:var(--error-tint);color:var(--error)}
.diff ins{background:var(--clean-tint);color:var(--clean)}
.diff b{font-weight:700;text-decoration:underline;text-underline-offset:.2em}
@media (max-width:56rem){
#filters{grid-template-columns:repeat(2,minmax(0,1fr))}
.search{grid-column:1/-1}
}
@media (max-width:40rem){
:root{--gutter:0rem}
.level,.careful b,.finding .way b{float:none}
.level{margin-inline-end:.25rem}
.command{flex-direction:column;width:100%}
.command button{border:0;border-block-start:1px solid var(--line);min-height:2.5rem}
article{padding:.875rem 1rem}
.chip{padding-inline:.625rem .75rem;font-size:.875rem}
}
`
