/** Maps over pictures, their scales, and signed bars. */
export const maps = `
.map{position:relative;max-width:100%;background:var(--inset);overflow:hidden;touch-action:pan-y}
.map>.picture{position:absolute;left:0;top:0;filter:grayscale(1) opacity(.45);max-width:none}
.map>img{position:absolute;left:0;top:0;width:100%;height:100%;image-rendering:pixelated}
.map[tabindex]{cursor:crosshair;box-shadow:0 0 0 1px var(--outline)}
.map-cell{position:absolute;outline:2px solid var(--ink);box-shadow:0 0 0 4px var(--plate);pointer-events:none}
.map-pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(280px,100%),1fr));gap:18px 26px;margin:10px 0}
.map-pair>section{min-width:0}
.map-pair h4{margin:4px 0}.map-pair .select{font-size:14px}
.map-row{display:flex;flex-wrap:wrap;gap:14px}.map-row figure{margin:0}
.map-row figcaption{max-width:150px}
.map-controls{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:center;font-size:14px}
.map-controls label{display:flex;gap:8px;align-items:center}.map-controls input{width:140px}
.map-read{min-height:1.6em;font-variant-numeric:tabular-nums;font-size:14px;margin:6px 0 2px}
.scale-bar{display:flex;gap:8px;align-items:center;margin:6px 0;font-variant-numeric:tabular-nums}
.scale-colors{flex:0 1 180px;height:8px;background:linear-gradient(90deg,rgb(43 117 196),rgb(43 117 196/0) 50%,rgb(217 83 25/0) 50%,rgb(217 83 25))}
.signed-bars{list-style:none;margin:8px 0 14px;padding:0;max-width:560px;font-size:14px}
.signed-bars li{display:grid;grid-template-columns:minmax(0,12em) 1fr 5em;gap:10px;align-items:center;line-height:1.7}
.signed-bars .track{position:relative;height:12px;background:linear-gradient(90deg,transparent calc(50% - .5px),var(--outline) 50%,transparent calc(50% + .5px))}
.signed-bars .part{position:absolute;top:0;bottom:0;background:var(--accent)}
.signed-bars .against .part{background:var(--opposing)}
.signed-bars .value{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.tokens{margin:8px 0;padding:6px 8px;max-width:72ch;line-height:2;background:var(--plate);border:1px solid var(--rule);border-radius:4px}
.token{display:inline-block;margin-right:3px;padding:0 3px;line-height:1.5;border-bottom:2px solid transparent;border-radius:2px}
.token.for{border-bottom-color:var(--accent)}
.token.against{border-bottom:2px dotted var(--opposing)}
.token.read{outline:2px solid var(--ink)}
.time-maps{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start;margin:0 0 6px}
.time-maps figure{margin:0}
.thumbs{list-style:none;display:flex;flex-wrap:wrap;gap:4px;margin:2px 0 8px;padding:0}
.thumbs button{padding:0;border:0;min-height:0;font-size:12px;background:none;border-radius:0;text-align:center}
.thumbs button[aria-current=true]{box-shadow:0 3px 0 var(--accent);font-weight:650}
.sticky{position:sticky;top:0;background:var(--plate);z-index:2;padding:6px 0;border-bottom:1px solid var(--rule)}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(344px,100%),1fr));gap:8px 26px}
.plots .plot svg{min-width:0}
.rules{list-style:none;margin:0;padding:0}
.rules>li{border-top:1px solid var(--rule);padding:10px 0;display:grid;grid-template-columns:7.5em minmax(0,1fr);gap:2px 14px}
.rules p{margin:0}.rules .status{font-weight:650;font-size:14px}
.rules .status-fail{color:var(--accent)}.rules .status-pass{color:var(--series3)}
.rules ul{margin:4px 0;padding-left:1.2em}
@media(max-width:820px){.rules>li{display:block}.signed-bars li{grid-template-columns:minmax(0,8em) 1fr 4.6em}}
@media print{.map-controls,.map-read,.sticky,.thumbs{display:none!important}.map-pair>section{break-inside:avoid}}
`;
