/** Small parts: pictures, bars, facts, badges, waterfalls, lists. */
export const parts = `
.picture{display:inline-block;flex:none;background-repeat:no-repeat;background-color:var(--inset);max-width:100%}
.pixelated{image-rendering:pixelated}
.facts{display:flex;flex-wrap:wrap;gap:4px 28px;margin:8px 0 12px;font-size:13px}
.facts div{display:flex;gap:7px;align-items:baseline}
.facts dt{color:var(--muted)}.facts dd{margin:0;font-variant-numeric:tabular-nums}
.written{border-left:3px solid var(--rule);padding:2px 12px;margin:8px 0;max-width:76ch;max-height:11em;overflow:auto}
td .line{max-width:34ch}
.notice{border-left:4px solid var(--opposing);background:var(--inset);padding:9px 14px;font-size:14px;max-width:76ch}
.notice code{display:block;margin-top:6px}
.trust{margin:6px 0 10px;max-width:76ch}
.trust>summary{display:inline-flex;align-items:center;gap:8px;border:1px solid var(--outline);border-radius:99px;padding:2px 12px;font-size:13px;list-style:none}
.trust>summary::-webkit-details-marker{display:none}
.trust>summary::after{content:'▾';color:var(--muted)}
.trust-mark{width:10px;height:10px;border-radius:50%;background:var(--series3)}
.trust-limited .trust-mark{border-radius:2px;background:var(--series5)}
.trust-bad .trust-mark{border-radius:0;transform:rotate(45deg);background:var(--accent)}
.trust-bad>summary{border-color:var(--accent);font-weight:650}
.trust>p{margin:8px 0 0}
.bars{list-style:none;margin:10px 0;padding:0;max-width:460px;font-size:14px}
.bars li{display:grid;grid-template-columns:minmax(0,9.5em) 1fr 4.6em;gap:10px;align-items:center;line-height:1.6}
.bars .bar{height:10px;background:var(--outline);display:block;min-width:1px;border-radius:1px}
.bars .value{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bars .first{color:var(--accent);font-weight:650}.bars .first .bar{background:var(--accent)}
.choice{display:flex;flex-wrap:wrap}
.choice button{border-radius:0;margin-left:-1px}
.choice button:first-child{border-radius:6px 0 0 6px;margin-left:0}.choice button:last-child{border-radius:0 6px 6px 0}
.verdicts{margin:12px 0}.verdicts button{padding:6px 14px}
.select,.select select{max-width:100%}
.waterfall{max-width:620px;font-size:14px;margin:10px 0 18px}
.waterfall ol{list-style:none;margin:0;padding:0}
.waterfall li{display:grid;grid-template-columns:minmax(0,13em) 1fr 5.4em;gap:10px;align-items:center;padding:3px 0;line-height:1.35}
.waterfall .track{position:relative;height:14px;background:var(--inset)}
.waterfall .zero{position:absolute;top:-3px;bottom:-3px;width:1px;background:var(--outline)}
.waterfall .part{position:absolute;top:0;bottom:0;background:var(--accent)}
.waterfall .against .part{background:var(--opposing)}
.waterfall .total{border-top:1px solid var(--rule);font-weight:650}.waterfall .total .part{background:var(--ink)}
.waterfall .value{text-align:right;font-variant-numeric:tabular-nums}
.examples{list-style:none;margin:0 0 14px;padding:0;display:grid;gap:12px 10px;grid-template-columns:repeat(auto-fill,minmax(88px,1fr));font-size:13px;line-height:1.3}
.examples li>span,.examples .tile>span{display:block}
.examples .tile{width:100%;font-size:inherit;text-align:left;border-radius:4px}
.examples .picture{margin-bottom:4px}
.examples.opposed .picture{box-shadow:0 0 0 2px var(--opposing)}
.tile.row{flex-wrap:nowrap;text-align:left}
.unit-examples{list-style:none;margin:0;padding:0;display:flex;gap:6px}
tr:has(img,.picture) td{vertical-align:middle}
tr:has(.unit-examples) td{vertical-align:top;max-width:none}
.unit-examples li{flex:0 0 52px;min-width:0;font-size:11px;line-height:1.3}
.unit-examples li>span,.unit-examples .tile>span{display:block;overflow:hidden;text-overflow:ellipsis}
.unit-examples .tile{width:100%;font-size:inherit}
.in-lines{display:block}.in-lines li{font-size:12px}
.in-lines li>span,.in-lines .tile>span{display:inline;margin-right:8px}
figure{margin:8px 0}
figure svg{display:block;max-width:100%;height:auto}
.plot{overflow-x:auto}
figcaption{font-size:13px;color:var(--muted);margin-top:6px;max-width:60ch}
.provenance,.glossary{margin:0}
.provenance>div{display:grid;grid-template-columns:minmax(90px,12em) 1fr;gap:4px 22px;padding:2px 0;font-size:13px}
.provenance dt{color:var(--muted)}.provenance dd{margin:0;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}
.glossary dt{font-weight:600;margin-top:10px}.glossary dd{margin:0;max-width:72ch}
.strip-layers{list-style:none;margin:8px 0 14px;padding:0;display:grid;gap:8px;grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}
.strip-layers .layer{display:block;width:100%;height:100%;text-align:left;padding:8px 10px;font-size:13px;line-height:1.35;border:1px solid var(--outline);border-radius:6px}
.layer>span{display:block}.layer-name{font-weight:650}
.layer .stack{display:flex;height:8px;gap:1px;margin:5px 0}
.layer .stack span{background:var(--outline);min-width:1px}.layer .stack .own{background:var(--accent)}
.same-for-all .layer-name,.same-for-all .layer-says{color:var(--muted)}
.same-for-all .stack span,.same-for-all .stack .own{background:var(--rule)}
.layer[aria-pressed=true]{background:var(--inset);color:inherit;border-color:var(--ink);box-shadow:inset 0 0 0 1px var(--ink)}
.confusion{font-size:12px}
.confusion th,.confusion td{padding:1px;border:0;min-width:0;text-align:center;max-width:7em}
.confusion th[scope=row]{text-align:right;padding-right:6px}
.confusion td button{width:100%;min-width:26px;min-height:26px;text-align:center;border-radius:3px}
.confusion th button{min-height:26px;min-width:24px;max-width:100%;color:inherit;font-size:12px;overflow:hidden;text-overflow:ellipsis}
.confusion thead th{vertical-align:bottom}
.confusion thead button span{writing-mode:vertical-rl;max-height:8em;overflow:hidden}
.confusion .corner{font-size:11px;text-align:left;vertical-align:bottom}
.confusion button[aria-pressed=true]{outline:2px solid var(--ink);background:var(--plate);color:var(--ink)}
.stepper{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;font-size:14px;font-variant-numeric:tabular-nums;max-width:620px}
.stepper input{flex:1 1 200px;min-width:0}
.changes{list-style:none;margin:10px 0 18px;padding:0}
.changes>li{display:grid;grid-template-columns:minmax(0,1.4fr) minmax(0,1fr) minmax(0,1fr);gap:4px 22px;align-items:start;padding:12px 0;border-top:1px solid var(--rule);break-inside:avoid;font-size:15px}
.changes.pictured>li{grid-template-columns:96px minmax(0,1.4fr) minmax(0,1fr) minmax(0,1fr)}
.changes.pictured .probe{grid-column:2}
.changes p{margin:0}.changes .wrong,.changes .right{font-weight:650}
.said .bar{display:block;height:8px;min-width:1px;margin-top:6px;background:var(--outline);border-radius:1px}
.said.is-wrong strong{color:var(--opposing)}.said.is-wrong .bar{background:var(--opposing)}
.batch{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:4px}.batch .picture{margin:0}
.mistakes{list-style:none;margin:0;padding:0}.mistakes button{border:0;text-align:left;padding:2px 6px}
`;
