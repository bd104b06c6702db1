/** The style sheet of all reports. */
import { themeStyles } from '../plot/colors.js';

const layout = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--plate);color:var(--ink);overflow-wrap:anywhere;
 font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}
.wrap{max-width:1180px;margin:0 auto;padding:0 20px}
a{color:inherit;text-underline-offset:.2em;text-decoration-color:var(--outline)}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:3px solid var(--opposing);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-999em;background:var(--plate);padding:8px 14px;z-index:1}
.skip:focus{left:8px;top:8px}
.masthead{border-bottom:1px solid var(--rule);padding:14px 0;font-size:14px}
.masthead .wrap{display:flex;flex-wrap:wrap;gap:2px 18px;align-items:baseline}
.masthead h1{font-size:14px;margin:0;font-weight:600}
.muted{color:var(--muted)}
.accent{color:var(--accent)}
.opposing{color:var(--opposing)}
.small{font-size:13px}
.nowrap{white-space:nowrap}
h2,h3,h4,h5{line-height:1.2;margin:0;font-weight:650;text-wrap:balance}
h2{font-size:clamp(30px,5.5vw,46px);letter-spacing:-.02em}
h3{font-size:21px;margin:52px 0 6px;letter-spacing:-.01em}
h4,h5{font-size:14px;margin:0 0 8px;font-weight:600}
p{margin:0 0 10px;max-width:68ch}
section.entry{padding:36px 0 28px}
section.entry+section.entry{border-top:6px solid var(--inset)}
.picks{display:flex;flex-wrap:wrap;gap:10px;list-style:none;margin:0;padding:18px 0 0}
.picks a{display:flex;gap:10px;align-items:center;text-decoration:none;border:1px solid var(--rule);border-radius:8px;
 padding:6px 14px 6px 6px;font-size:14px;line-height:1.25;min-height:44px}
.picks a:hover{border-color:var(--outline);background:var(--inset)}
.picks img{width:44px;height:44px;border-radius:4px;object-fit:contain}
.hero{display:flex;flex-wrap:wrap;gap:24px 36px;align-items:flex-start}
.hero>img{width:196px;height:196px;object-fit:contain;border:3px solid var(--accent);background:var(--inset)}
.hero>div{flex:1 1 300px;min-width:0}
.hero .lede{font-size:18px;margin-top:10px}
.pixelated{image-rendering:pixelated}
.bars{list-style:none;margin:14px 0 0;padding:0;max-width:460px;font-size:14px}
.bars li{display:grid;grid-template-columns:minmax(0,9.5em) 1fr 4.6em;gap:10px;align-items:center;line-height:1.6}
.bars .bar{height:10px}
.bars .value{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{background:var(--outline);display:block;min-width:1px;border-radius:1px}
.first{color:var(--accent);font-weight:650}
.first .bar{background:var(--accent)}
.pair{display:flex;flex-wrap:wrap;gap:20px 48px;align-items:flex-start}
.pair>*{flex:1 1 300px;min-width:0}
.pair>figure{flex:0 1 400px}
.maps{display:grid;gap:22px 26px;grid-template-columns:repeat(auto-fill,minmax(250px,1fr))}
.maps .facts,.maps figcaption{margin-top:2px;padding-left:12px}
figure{margin:0}
figure svg{display:block;max-width:100%;height:auto}
figcaption{font-size:13px;color:var(--muted);margin-top:6px;max-width:60ch}
.jump{font-size:14px;margin:18px 0 0}
.jump ol{list-style:none;display:flex;flex-wrap:wrap;gap:6px;padding:0;margin:6px 0 0}
.jump a{display:inline-block;padding:3px 10px;border:1px solid var(--rule);border-radius:99px;text-decoration:none}
.jump a:hover{background:var(--inset)}
article.part{border-top:1px solid var(--rule);padding:22px 0 26px}
.part-title{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px;margin-bottom:14px}
.part-title h4{font-size:18px;margin:0}
.examples{list-style:none;margin:0 0 20px;padding:0;display:grid;gap:14px 12px;
 grid-template-columns:repeat(auto-fill,minmax(84px,1fr));font-size:13px;line-height:1.35}
.examples img{display:block;width:100%;height:auto;max-width:112px;aspect-ratio:1;object-fit:contain;background:var(--inset);
 margin-bottom:5px}
.examples .opposed img{box-shadow:0 0 0 2px var(--opposing)}
.examples span{display:block}
.lists{display:flex;flex-wrap:wrap;gap:0 48px}
.lists>*{flex:0 1 auto;min-width:0}
.lists>.wide{flex:1 0 100%}
.facts{display:flex;flex-wrap:wrap;gap:4px 28px;margin:16px 0 0;font-size:13px}
.jump+.pair,.facts+div,.pair+div{margin-top:16px}
main>.notice,.summary{margin:18px 0 0}
.facts div{display:flex;gap:7px;align-items:baseline}
.facts dt{color:var(--muted);white-space:nowrap}
.facts dd{margin:0;font-variant-numeric:tabular-nums}
.table{overflow-x:auto;margin:6px 0 18px}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
.table-title{font-size:14px;font-weight:600;margin:0}
th,td{text-align:left;padding:4px 18px 4px 0;border-bottom:1px solid var(--rule);vertical-align:baseline;
 overflow-wrap:break-word;min-width:3.5em;max-width:18em}
th{font-weight:400;color:var(--muted)}
.number{text-align:right}
td.number{white-space:nowrap}
details{margin:4px 0 0;font-size:14px}
summary{cursor:pointer;color:var(--muted);padding:6px 0}
summary:hover{color:var(--ink)}
.notice{border-left:4px solid var(--opposing);background:var(--inset);padding:9px 14px;font-size:14px;max-width:72ch}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}
.notice code{display:block;margin-top:6px}
h2.sentence{font-size:clamp(24px,3.4vw,36px);max-width:34em}
.sentence+.notice,.sentence+.conditions,.sentence+.lede{margin-top:16px}
.failed{border-left-color:var(--accent);margin-bottom:14px}.failed p,.conditions p{margin:0}
.notice ul,.conditions ul{margin:4px 0 12px;padding-left:20px}.notice ul{margin-bottom:0}
td .small{font-size:11px}
.plots{display:grid;gap:26px 24px;grid-template-columns:repeat(auto-fill,minmax(min(344px,100%),1fr))}
[hidden]{display:none!important}
.stepper{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:2px 16px;align-items:center;background:var(--plate);
 border-bottom:1px solid var(--rule);padding:8px 0;font-size:14px}
.stepper input{flex:1 1 200px;min-width:0;height:28px;accent-color:var(--accent)}
.stepper output{min-width:4.5em;text-align:right;font-weight:650;font-variant-numeric:tabular-nums}
.stepper~section,.stepper~section [id]{scroll-margin-top:84px}
.zooms{display:flex;flex-wrap:wrap;gap:18px 34px;margin:18px 0 6px}
.zoom-group>div{display:flex;flex-wrap:wrap;gap:4px 12px}
.zoom-group p{margin:0 0 4px}
.zoom{width:150px}.zoom>span{display:block;line-height:1.3}
.zoomed{position:relative;overflow:hidden;background:var(--inset);border:1px solid var(--rule)}
.zoomed img{position:absolute;top:0;left:0;width:100%;height:100%;image-rendering:pixelated}
.zoomed .under{filter:grayscale(1);opacity:.3}
.strip-image{margin-top:28px}
.strip-rows{display:flex;gap:16px;align-items:flex-start}.strip-rows>:last-child{flex:1 1 0;min-width:0}
.strip-rows p{margin:0 0 2px}
.strip-input{flex:0 0 84px}.strip-input img{display:block;width:84px;height:84px;object-fit:contain;background:var(--inset)}
.strip-scroll{overflow-x:auto;margin-bottom:10px;padding-bottom:4px}
.strip{position:relative}
.strip::after{content:'';position:absolute;inset:0;pointer-events:none;
 background:repeating-linear-gradient(90deg,transparent 0 39px,var(--plate) 39px 40px)}
.strip>img{display:block;width:100%;height:auto;background:var(--inset)}
.strip ol{display:flex;list-style:none;margin:0;padding:0;font-size:10px;line-height:1.3}
.strip li{flex:1 1 0;min-width:0;padding:2px 1px;border-top:3px solid transparent}
.strip li.current{border-top-color:var(--accent)}
.strip li span{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;overflow-wrap:normal}
footer{border-top:6px solid var(--inset);padding:26px 0 48px;font-size:13px}
footer h2{font-size:18px;letter-spacing:0;margin-bottom:12px}
.provenance{display:grid;grid-template-columns:minmax(90px,max-content) 1fr;gap:4px 22px;margin:0}
.provenance dt{color:var(--muted)}
.glossary dt{font-weight:600;margin-top:10px}.glossary dd{margin:0;max-width:68ch}
.provenance dd{margin:0;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}
footer .provenance+p{margin:18px 0 0}
@media(max-width:560px){figure{overflow-x:auto}figure svg{max-width:max(100%,620px)}th,td{max-width:10em}.examples{grid-template-columns:repeat(auto-fill,minmax(72px,1fr));gap:12px 10px}table{font-size:12px}th,td{padding-right:11px}.wrap{padding:0 14px}.hero>img{width:132px;height:132px}.hero .lede{font-size:16px}
 section.entry{padding-top:24px}.strip-rows{display:block}.strip-input{margin-bottom:8px}.zoom{width:min(150px,40vw)}h3{margin-top:38px}}
@media print{.stepper,.zooms,.skip,.jump,.picks{display:none}article.part{break-inside:avoid}}
`;

/** The style sheet, colours included. */
export function pageStyles(): string {
  return themeStyles() + layout.replaceAll('\n', '');
}
