/** Where things stand: the list of inputs beside what is open, one above another on a phone, one sheet on paper. */
export const layout = `
.masthead{border-bottom:1px solid var(--rule);padding:16px 0 0}
.masthead p{margin:0 0 6px}
.tabs{display:flex;flex-wrap:wrap;gap:0 4px;margin-top:10px}
.tabs a{padding:8px 12px;text-decoration:none;border-bottom:3px solid transparent;color:var(--muted);font-size:15px}
.tabs a:hover{color:var(--ink)}
.tabs a[aria-current=page]{color:var(--ink);border-bottom-color:var(--accent);font-weight:600}
.desk{display:grid;grid-template-columns:320px minmax(0,1fr);gap:0 32px;align-items:start}
main{padding:22px 0 60px;min-width:0}main:focus{outline:none}
main .desk{padding:0;max-width:none}
.inputs{position:sticky;top:0;height:100vh;display:flex;flex-direction:column;border-right:1px solid var(--rule);padding:16px 0 0}
main .inputs{padding-top:0}
.filters{padding-right:14px;display:grid;grid-template-columns:minmax(0,1fr);gap:8px;overflow:auto;flex:none;max-height:62vh}
.filters p{margin:2px 0 6px}
.filters input[type=search]{width:100%}
.filters .choice button{flex:1 1 auto;padding:2px 6px;font-size:13px}
.filters .select{font-size:13px}.filters select{padding:2px 4px;font-size:13px;min-height:28px}
.virtual{overflow-y:auto;flex:1 1 auto;min-height:120px;position:relative}
.virtual ul{list-style:none;margin:0;padding:0;position:relative}
.virtual li{position:absolute;left:0;right:0}
button.input-row{display:flex;gap:10px;align-items:center;width:100%;height:100%;padding:4px 10px 4px 4px;border-radius:0;text-align:left}
button.input-row[aria-current=true]{background:var(--inset);box-shadow:inset 3px 0 0 var(--accent)}
.what{min-width:0;flex:1}
.line{display:block;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;line-height:1.35;font-size:14px}
.line.small{font-size:12px}
.hero{display:flex;flex-wrap:wrap;gap:18px 28px;align-items:flex-start}
.hero>.picture{border:0;box-shadow:0 0 0 2px var(--rule)}
.hero>div{flex:1 1 300px;min-width:0}
.decision{font-size:clamp(24px,3.2vw,34px);margin:0 0 4px;letter-spacing:-.02em}
.lede{font-size:17px}
.sides{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 32px}
.side{min-width:0}.side+.side{border-left:1px solid var(--rule);padding-left:32px}
.paper article,.paper>section>section{padding:18px 0;border-top:1px solid var(--rule)}
@media(max-width:820px){
.wrap{padding:0 14px}
.desk,.sides{display:block}
.inputs{position:static;height:auto;border-right:0;border-bottom:1px solid var(--rule);margin-bottom:18px}
.filters{padding-right:0;max-height:none}
.virtual{height:174px;flex:none}
.side+.side{border-left:0;border-top:6px solid var(--inset);padding:18px 0 0;margin-top:18px}
th,td{padding-right:11px;max-width:12em}
.changes>li,.changes.pictured>li{grid-template-columns:repeat(2,minmax(0,1fr))}
.changes .probe{grid-column:1/-1}.changes.pictured .probe{grid-column:2}
.waterfall li{grid-template-columns:minmax(0,7em) 1fr 4.8em}
.plot svg{min-width:560px;max-width:none}
}
@media print{
.inputs,.tabs,.skip,.time,.masthead .choice,.fold,.select,.hero button,.verdicts{display:none!important}
.desk,.sides{display:block}body{font-size:12px}
main{padding:8px 0}.lede{font-size:14px}h3{margin:12px 0 4px}
.waterfall,.bars{max-width:420px}.waterfall li{line-height:1.5}
.examples{grid-template-columns:repeat(10,1fr);gap:6px;font-size:9px}
.examples .picture{zoom:.6}
.examples li:nth-child(n+21){display:none}
.strip-layers .layer{padding:4px 6px;font-size:11px}
article{break-after:page}.waterfall,.examples li,.strip-layers li{break-inside:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`;
