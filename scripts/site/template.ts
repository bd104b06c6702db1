/** The one page that all pages are: navigation, text, and a style sheet without anything from elsewhere. */
import { posix } from 'node:path';
import { themeStyles } from '../../src/plot/colors.js';
import { addressOf } from './pages.js';
import { escaped, type Page } from './render.js';

const layout = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:16px}
body{margin:0;background:var(--plate);color:var(--ink);overflow-wrap:break-word;
 font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}
.frame{max-width:1200px;margin:0 auto;padding:0 20px;display:flex;flex-wrap:wrap;gap:0 56px}
main{flex:1 1 0;min-width:min(100%,560px);padding:24px 0 64px}
nav{flex:0 0 220px;font-size:15px;padding:24px 0 48px;border-top:1px solid var(--rule)}
nav h2{font-size:13px;margin:18px 0 4px;color:var(--muted);font-weight:600}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:block;padding:5px 0;text-decoration:none}
nav a:hover{text-decoration:underline}
nav [aria-current]{font-weight:650;color:var(--accent)}
.to-pages{display:inline-block;padding:14px 0 0;font-size:15px}
@media(min-width:900px){nav{order:-1;border-top:0;position:sticky;top:0;max-height:100vh;overflow-y:auto}.to-pages{display:none}}
a{color:inherit;text-underline-offset:.2em;text-decoration-color:var(--outline)}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:3px solid var(--opposing);outline-offset:2px;border-radius:2px}
h1,h2,h3,h4{line-height:1.2;font-weight:650;text-wrap:balance;letter-spacing:-.01em}
h1{font-size:clamp(28px,5vw,40px);margin:8px 0 16px}
h2{font-size:24px;margin:44px 0 10px}
h3{font-size:19px;margin:32px 0 8px}
p,li,blockquote{max-width:74ch}
img{display:block;max-width:100%;height:auto;background:#fff;border-radius:4px}
code{font:.9em/1.45 ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;background:var(--inset);
 padding:.1em .3em;border-radius:3px}
pre{background:var(--inset);padding:14px 16px;border-radius:6px;overflow-x:auto}
pre code{background:none;padding:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:15px}
th,td{text-align:left;vertical-align:top;padding:7px 18px 7px 0;border-bottom:1px solid var(--rule);overflow-wrap:normal}
blockquote{margin:0;padding-left:16px;border-left:3px solid var(--rule);color:var(--muted)}
@media print{nav,.to-pages{display:none}}
`;

/** What the navigation says of a page. */
type Entry = Pick<Page, 'file' | 'title'>;

/** A whole page, with the navigation to all. */
export function wholePage(
  { file, title, html }: Page,
  groups: readonly { readonly group: string; readonly pages: readonly Entry[] }[],
): string {
  const here = posix.dirname(file);
  const entry = (other: Entry) => {
    const current = other.file === file ? ' aria-current="page"' : '';
    return `<li><a href="${posix.relative(here, addressOf(other.file))}"${current}>${escaped(plain(other.title))}</a></li>`;
  };
  const navigation = groups
    .map(({ group, pages }) => `<h2>${escaped(group)}</h2><ul>${pages.map(entry).join('')}</ul>`)
    .join('');
  const name = plain(title) === 'onnx-explain' ? 'onnx-explain' : `${plain(title)} – onnx-explain`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(name)}</title>
<style>${themeStyles()}${layout}</style>
</head>
<body>
<div class="frame">
<main><a class="to-pages" href="#pages">All pages</a>
${html}</main>
<nav id="pages" aria-label="Pages">${navigation}</nav>
</div>
</body>
</html>
`;
}

/** A heading without its Markdown. */
function plain(title: string): string {
  return title.replace(/[`*_]/g, '');
}
