/** MIM: what the most influential units of a layer have seen, the largest picture first. */
import type { VNode } from 'preact';
import { formatCount, formatNumber, formatSigned } from '../../../plot/format.js';
import type { AttributeQuery, Layered } from '../../../results/attribute.js';
import { rankingFigure, shareText, UNIT_SIGNS } from '../../attribute/figures.js';
import { scaled } from '../../attribute/maps.js';
import { usePage } from '../context.js';
import { MapView } from '../maps/map-view.js';
import { useMaps } from '../maps/use-maps.js';
import { Choice, Facts, Fold, Interactive, Plot } from '../parts/basics.js';
import { DataTable } from '../parts/data-table.js';
import { sentence } from '../parts/text.js';
import { UnitExamples } from './unit-examples.js';

/** Size of the picture of the open layer, and of those in the fold. */
const [SIZE, SMALL] = [340, 96];

/** Which units the picture is made of, in words. */
const SIGNS = { all: 'All of them', positive: 'Those for it', negative: 'Those against it' } as const;

/** What it shows. */
interface LayeredProps {
  readonly query: AttributeQuery;
  readonly layered: Layered;
  readonly place: number;
}

/** The layered explanation of a decision. */
export function LayeredPart({ query, layered, place }: LayeredProps): VNode | null {
  const { state, go, isPaper } = usePage();
  const mapsOf = useMaps();
  const { layers, shares, reason, compared, split, kernel, agreement } = layered;
  const layer =
    layers.find((one) => one.layer === state.layer) ?? layers.find((one) => one.layer === layered.layer) ?? layers[0];
  if (!layer) return null;
  const sign = UNIT_SIGNS.find((one) => one === state.of.units) ?? 'all';
  const share = Math.max(0, Math.min(shares.length - 1, Number(state.of.share ?? shares.length - 1) || 0));
  const maps = mapsOf(layer.file);
  const picture = maps[1 + 3 * share + UNIT_SIGNS.indexOf(sign)];
  const units = layer.units[share] ?? 0;
  const set = (name: string, value: string) => go({ of: { ...state.of, [name]: value } });
  const over = { of: 'input', index: place } as const;
  return (
    <section aria-label="layer by layer">
      <h3>What the most influential units have seen</h3>
      <p>{sentence(`layer ${reason}`)}</p>
      <Interactive>
        <div class="map-controls">
          <Choice
            title="layer"
            value={layer.layer}
            options={layers.map((one) => ({
              value: one.layer,
              text: one.layer === layered.layer ? `${one.layer} ✓ chosen` : one.layer,
            }))}
            onChoose={(value) => go({ layer: value })}
          />
          <Choice
            title="units"
            value={sign}
            options={UNIT_SIGNS.map((value) => ({ value, text: SIGNS[value] }))}
            onChoose={(value) => set('units', value)}
          />
          <Choice
            title="how many"
            value={String(share)}
            options={shares.map((value, i) => ({ value: String(i), text: `top ${shareText(value)}` }))}
            onChoose={(value) => set('share', value)}
          />
        </div>
      </Interactive>
      <div class="map-pair">
        {picture && (
          <figure>
            <MapView
              map={picture}
              limit={scaled(picture).limit}
              over={over}
              size={isPaper ? SIZE / 2 : SIZE}
              label={`What ${units} units of ${layer.layer} have seen, brought back to the input`}
            />
            <figcaption>
              {units === 1 ? 'The most influential unit' : `The ${formatCount(units)} most influential units`} of{' '}
              {layer.layer}
              {sign !== 'all' && `, ${SIGNS[sign].toLowerCase()}`}, brought back to the input by DeconvNet; colours are
              no evidence for or against.
            </figcaption>
          </figure>
        )}
      </div>
      <DataTable
        title={`The strongest units of ${layer.layer}, for or against ${query.target.label}`}
        rows={layer.strongest}
        shown={isPaper ? 5 : 10}
        columns={[
          { title: 'unit', numeric: true, order: ({ unit }) => unit, value: ({ unit }) => formatCount(unit) },
          { title: 'speaks', value: ({ phi }) => (phi < 0 ? 'against' : 'for') },
          { title: 'influence φ', numeric: true, order: ({ phi }) => phi, value: ({ phi }) => formatSigned(phi) },
          {
            title: 'activation here',
            numeric: true,
            order: ({ activation }) => activation,
            value: ({ activation }) => formatNumber(activation),
          },
          ...(layer.strongest.some(({ examples }) => examples !== undefined)
            ? [
                {
                  title: 'compared examples that activate it most',
                  value: (unit: (typeof layer.strongest)[number]) => <UnitExamples unit={unit} split={split} />,
                },
              ]
            : []),
        ]}
      />
      <p class="small muted">
        Influence was measured against {formatCount(compared)} examples and their predicted labels (kernel {kernel}).
      </p>
      {!isPaper && (
        <>
          <Fold title="All layers side by side">
            {layers.map(({ layer: name, file, units: counts }) => (
              <div key={name}>
                <h4>
                  {name}
                  {name === layered.layer && ' ✓ chosen'}
                </h4>
                <div class="map-row">
                  {[0, ...shares.map((_, i) => 1 + 3 * i)].map((at, i) => {
                    const map = mapsOf(file)[at];
                    const what = i === 0 ? 'largest activation' : `${formatCount(counts[i - 1]!)} units`;
                    return (
                      map && (
                        <figure key={at}>
                          <MapView
                            map={map}
                            limit={scaled(map).limit}
                            over={over}
                            size={SMALL}
                            label={`${name}: ${what}`}
                          />
                          <figcaption>{what}</figcaption>
                        </figure>
                      )
                    );
                  })}
                </div>
              </div>
            ))}
          </Fold>
          {layered.ranking.length > 1 && (
            <Fold title="Which layer explains most">
              <Plot svg={rankingFigure(layered)} />
              <Ranking layered={layered} />
              <Facts
                facts={[
                  ['agreement of the layers’ pictures: largest activation', formatNumber(agreement.max)],
                  ...shares.map((one, i) => [`top ${shareText(one)}`, formatNumber(agreement.shares[i]!)] as const),
                ]}
              />
            </Fold>
          )}
        </>
      )}
    </section>
  );
}

function Ranking({ layered: { ranking, layer: taken } }: { readonly layered: Layered }): VNode {
  return (
    <DataTable
      title="Layers from input to output"
      rows={ranking}
      columns={[
        { title: 'layer', value: ({ layer }) => (layer === taken ? <strong>{layer} ✓ chosen</strong> : layer) },
        { title: 'operator', value: ({ op }) => op },
        { title: 'units', numeric: true, order: ({ units }) => units, value: ({ units }) => formatCount(units) },
        {
          title: 'probe fidelity',
          numeric: true,
          order: ({ fidelity }) => fidelity,
          value: ({ fidelity, fidelityRank }) => `${formatNumber(fidelity)} (${fidelityRank}.)`,
        },
        {
          title: 'spread of |φ|',
          numeric: true,
          order: ({ spread }) => spread,
          value: ({ spread, spreadRank }) => `${formatNumber(spread)} (${spreadRank}.)`,
        },
      ]}
    />
  );
}
