/** The map of features. */
export const scatter = `
.map-beside{display:flex;gap:0 24px;align-items:start;margin:8px 0}
.scatter{position:relative;flex:1 1 0;min-width:0;border:1px solid var(--rule)}
.scatter canvas{display:block;width:100%;touch-action:pinch-zoom;cursor:crosshair}
.scatter svg{position:absolute;inset:0;width:100%;height:100%;pointer-events:none}
.scatter polygon{fill:var(--ink);fill-opacity:.06;stroke:var(--ink);stroke-dasharray:5 3}
.scatter circle{fill:none;stroke:var(--ink);stroke-width:2}
.read-out{flex:0 0 190px;min-height:180px}.read-out p{margin:6px 0 0}
.map-legend{list-style:none;margin:10px 0;padding:0;display:flex;flex-wrap:wrap;gap:4px 18px;font-size:14px}
.map-legend button{text-decoration-color:var(--outline)}.map-legend button[aria-pressed=true]{background:none;color:inherit;font-weight:650}
.map-chosen{min-height:34px}.map-chosen button:not(.link){margin-left:8px}
@media(max-width:820px){.map-beside{display:block}.scatter{width:86%}.read-out{min-height:0;margin-top:12px}}
@media print{.scatter{display:none}}
`;
