/** What a live page has besides the style sheet of all reports. */
const layout = `
.live section{padding:26px 0 34px}
.live section+section{border-top:6px solid var(--inset)}
.live h2{font-size:clamp(24px,4vw,36px);margin-bottom:10px}
.live h3{font-size:19px;margin:26px 0 6px}
.live h4{margin:22px 0 8px}
.said{position:sticky;top:0;z-index:1;margin:0;max-width:none;padding:9px 0;background:var(--plate);
 border-bottom:1px solid var(--rule);font-size:14px;font-variant-numeric:tabular-nums}
.said.refused{color:var(--accent);font-weight:650}
.drop{display:flex;flex-wrap:wrap;gap:8px 18px;align-items:center;border:2px dashed var(--outline);border-radius:8px;
 padding:22px 18px;background:var(--inset);cursor:pointer}
.drop.over{border-color:var(--opposing)}
.drop:focus-within{outline:3px solid var(--opposing);outline-offset:2px}
.drop input,.live button{font:inherit;color:inherit;max-width:100%}
.live button,.drop input::file-selector-button{font:inherit;color:var(--ink);background:var(--plate);border:1px solid var(--outline);
 border-radius:8px;padding:8px 18px;min-height:44px;cursor:pointer}
.live button:hover{background:var(--inset)}
.pixels{display:block;width:100%;height:auto;image-rendering:pixelated;background:var(--inset)}
.pixels.large{width:196px}
.answer{margin-top:22px}
.answer .pair>figure{flex:0 0 196px}
.live-maps{display:grid;gap:18px;grid-template-columns:repeat(auto-fill,minmax(min(180px,100%),1fr));margin-top:12px}
.live-map .over{position:relative;max-width:260px;border:1px solid var(--rule)}
.live-map .over .pixels+.pixels{position:absolute;inset:0;height:100%;background:none}
.live-map .under{filter:grayscale(1);opacity:.3}
.live-map figcaption span{display:block}
.live .examples .pixels{max-width:112px;margin-bottom:5px}
.questions{display:grid;gap:8px;grid-template-columns:repeat(auto-fill,minmax(84px,1fr));border:0;padding:0;margin:16px 0}
.questions legend{font-size:14px;font-weight:600;padding:0;margin-bottom:8px}
.question{position:relative;font-size:13px;line-height:1.3;border:2px solid transparent;border-radius:6px;padding:4px;cursor:pointer}
.question:has(:checked){border-color:var(--accent)}
.question:has(:focus-visible){outline:3px solid var(--opposing)}
.question input{position:absolute;opacity:0}
.controls{display:flex;flex-wrap:wrap;gap:8px 18px;align-items:center;max-width:none}
.controls progress{flex:1 1 160px;height:10px;accent-color:var(--accent)}
.controls .step{font-size:14px;font-variant-numeric:tabular-nums}
.curves{width:100%;max-width:640px;font-size:12px}
.gammas{list-style:none;display:flex;flex-wrap:wrap;gap:4px 22px;padding:0;margin:12px 0 0;font-size:14px}
.gammas .value{font-variant-numeric:tabular-nums;font-weight:650}
.gammas li{border-left:4px solid var(--area);padding-left:7px}
.gammas .series-1{border-color:var(--series1)}.gammas .series-2{border-color:var(--series2)}
.gammas .series-3{border-color:var(--series3)}.gammas .series-4{border-color:var(--series4)}
`;

/** The style sheet, to stand behind that of reports. */
export const liveStyles = layout.replaceAll('\n', '');
