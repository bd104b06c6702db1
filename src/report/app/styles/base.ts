/** Type, links, buttons, tables: what has one look everywhere. */
export const base = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--plate);color:var(--ink);overflow-wrap:anywhere;
 font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}
.wrap{max-width:1240px;margin:0 auto;padding:0 20px}
a{color:inherit;text-underline-offset:.2em;text-decoration-color:var(--outline)}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:3px solid var(--opposing);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-999em;background:var(--plate);padding:8px 14px;z-index:3}
.skip:focus{left:8px;top:8px}
.muted{color:var(--muted)}.accent{color:var(--accent)}.opposing,.wrong{color:var(--opposing)}
.small{font-size:13px}.nowrap{white-space:nowrap}
h1,h2,h3,h4{line-height:1.2;margin:0;font-weight:650;text-wrap:balance}
h1{font-size:clamp(20px,2.6vw,28px);letter-spacing:-.01em;max-width:44em}
h2{font-size:22px;letter-spacing:-.01em;margin:0 0 10px}
h3{font-size:18px;margin:30px 0 8px}
h4{font-size:14px;margin:16px 0 8px}
p{margin:0 0 10px;max-width:72ch}
button,select,input{font:inherit;font-size:14px;color:inherit}
button,select,input[type=search]{background:var(--plate);border:1px solid var(--outline);border-radius:6px;padding:4px 10px;min-height:32px}
button{cursor:pointer}
button:hover{background:var(--inset)}
button[aria-pressed=true]{background:var(--ink);color:var(--plate);border-color:var(--ink)}
button.link,button.sort,button.tile,button.input-row,.confusion button{border:0;background:none;padding:0;min-height:0;text-align:inherit}
button.link{text-decoration:underline;text-underline-offset:.2em;min-height:24px;min-width:24px}
button.sort{text-decoration:underline dotted;text-underline-offset:.25em;color:inherit;min-height:24px}
input[type=range]{accent-color:var(--accent);min-height:28px;width:100%}
code,kbd,.path{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.86em}
kbd{border:1px solid var(--rule);border-radius:4px;padding:0 5px;background:var(--inset);color:var(--ink)}
.table{overflow-x:auto;margin:6px 0 18px}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
.table-title{font-size:14px;font-weight:600;margin:18px 0 4px}
th,td{text-align:left;padding:4px 18px 4px 0;border-bottom:1px solid var(--rule);vertical-align:baseline;
 overflow-wrap:break-word;min-width:3.5em;max-width:22em}
th{font-weight:400;color:var(--muted)}
.number{text-align:right}td.number{white-space:nowrap}
details{font-size:14px}
summary{cursor:pointer;padding:6px 0}
.fold>summary{color:var(--muted)}.fold>summary:hover{color:var(--ink)}
.row{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center}
.badge{display:inline-block;border:1px solid var(--outline);border-radius:99px;padding:0 8px;font-size:12px;margin-left:6px}
[hidden]{display:none!important}
`;
