/**
 * Parameters of the market-making family. One unit for every distance of prices: basis points of mid; sigma is in basis points per square
 * root of a second, k and gamma are per basis point. So one set means the same on a coin of 60,000 and on one of 0.1. What is left out
 * is switched off: with the keys without default alone, the quotes stand at a fixed spread around mid, shifted against the inventory.
 */
import * as z from 'zod';
import { positiveDecimal } from './config-decimal.ts';

const bps = (max: number) => z.number().min(0).max(max);
const factor = (min: number, max: number) => z.number().min(min).max(max);
const ms = (min: number, max: number) => z.int().min(min).max(max);
/** A threshold that is off when null. */
const threshold = (max: number) => z.number().gt(0).max(max).nullable().default(null);
const DAY_MS = 86_400_000;
const coolDownMs = ms(0, DAY_MS).default(5_000).describe('no quotes for this long after it was last so, ms');

const fairPrice = z
  .strictObject({
    model: z
      .enum(['mid', 'microprice', 'book-imbalance', 'stoikov-microprice'])
      .default('mid')
      .describe(
        'mid; best prices weighted by the size opposite; mid moved by the imbalance of several levels; mid expected from imbalance',
      ),
    imbalanceLevels: z.int().min(1).max(50).default(5).describe('levels a side whose sizes make the imbalance'),
    imbalanceBps: bps(100)
      .nullable()
      .default(null)
      .describe('move of book-imbalance when one side is empty, basis points; null: half the market spread'),
    flowBps: bps(100).default(0).describe('move towards the takers when all of them take one side, basis points'),
    flowHalfLifeMs: ms(100, 3_600_000).default(10_000).describe('half-life of the flow of public trades, ms'),
    momentumWeight: factor(-5, 5)
      .default(0)
      .describe('share of the momentum (fast over slow mean of mid) that is added; negative: against it'),
    momentumFastMs: ms(100, 3_600_000).default(5_000).describe('half-life of the fast mean, ms'),
    momentumSlowMs: ms(100, DAY_MS).default(60_000).describe('half-life of the slow mean, ms'),
    signalBpsMax: bps(100).default(5).describe('flow and momentum together move the fair price at most this far, basis points'),
    markWeight: factor(0, 1).default(0).describe('share of the mark price in the fair price; 1: the mark price alone'),
  })
  .prefault({})
  .describe('the price that quotes are placed around');

const spread = z
  .strictObject({
    model: z
      .enum(['fixed', 'volatility', 'avellaneda-stoikov', 'glft'])
      .default('fixed')
      .describe('spreadBps; spreadBps plus volatilityFactor times sigma; the optimal spread of Avellaneda-Stoikov; that of GLFT'),
    volatilityFactor: factor(0, 100).default(2).describe('of model volatility: times sigma, basis points per square root of a second'),
    minBps: bps(1_000).default(0).describe('spread at least, basis points'),
    maxBps: bps(2_000).default(2_000).describe('spread at most, basis points; the fee edge may be wider'),
  })
  .refine(({ minBps, maxBps }) => minBps <= maxBps, { path: ['maxBps'], message: 'at least minBps' })
  .prefault({})
  .describe('distance between own bid and ask at level 0');

const skew = z
  .strictObject({
    model: z
      .enum(['linear', 'avellaneda-stoikov', 'glft'])
      .default('linear')
      .describe('skewBps times the share of maxInventory; the reservation price of Avellaneda-Stoikov; the skew of GLFT'),
    maxBps: bps(1_000).default(1_000).describe('shift of both quotes at most, basis points'),
  })
  .prefault({})
  .describe('shift of both quotes against the inventory');

const risk = z
  .strictObject({
    gamma: z
      .number()
      .min(0.000_001)
      .max(100)
      .default(0.05)
      .describe('risk aversion of Avellaneda-Stoikov and GLFT, per basis point, inventory counted in orders of the base size'),
    horizonMs: ms(1_000, DAY_MS).default(60_000).describe('T - t of Avellaneda-Stoikov, always this far ahead, ms'),
  })
  .prefault({})
  .describe('risk of the optimal quotes');

const volatility = z
  .strictObject({
    estimator: z
      .enum(['ewma', 'realized'])
      .default('ewma')
      .describe('squared returns of mid: forgotten by half-life, or summed over a window'),
    sampleMs: ms(50, 60_000).default(1_000).describe('mid is sampled at most this often: faster sees noise, not risk, ms'),
    halfLifeMs: ms(1_000, DAY_MS).default(60_000).describe('half-life of ewma, ms'),
    windowMs: ms(1_000, DAY_MS).default(300_000).describe('window of realized, ms'),
    samplesMin: z.int().min(2).max(10_000).default(30).describe('samples before sigma counts as known'),
    baselineMs: ms(10_000, 7 * DAY_MS)
      .default(1_800_000)
      .describe('half-life of what is usual, for the regime, ms'),
    highRatio: factor(1, 100).default(2).describe('sigma over the usual one from which the regime is high'),
    lowRatio: factor(0, 1).default(0.5).describe('sigma over the usual one below which the regime is low'),
    hysteresis: factor(0, 0.9).default(0.2).describe('share by which the ratio must come back to leave a regime'),
    highSpreadFactor: factor(0.1, 20).default(1).describe('times the spread while the regime is high'),
    lowSpreadFactor: factor(0.1, 20).default(1).describe('times the spread while the regime is low'),
  })
  .refine(({ estimator, samplesMin, sampleMs, windowMs }) => estimator === 'ewma' || samplesMin * sampleMs <= windowMs, {
    path: ['windowMs'],
    message: 'at least samplesMin times sampleMs',
  })
  .prefault({})
  .describe('sigma, and whether it is unusual');

const intensity = z
  .strictObject({
    source: z
      .enum(['calibrated', 'configured'])
      .default('calibrated')
      .describe('A and k from the own public trades, or as they stand here'),
    perSecond: z.number().min(0.000_1).max(10_000).default(1).describe('A when not calibrated: trades a second that reach the fair price'),
    decayPerBps: z.number().min(0.001).max(1_000).default(1).describe('k when not calibrated, per basis point'),
    observeMs: ms(100, 60_000).default(1_000).describe('each observation: how far trades reached within this long, ms'),
    windowMs: ms(60_000, DAY_MS).default(1_800_000).describe('observations older than this are forgotten, ms'),
    binBps: z.number().min(0.001).max(100).default(0.1).describe('width of a distance bin, basis points; at least one tick'),
    bins: z.int().min(4).max(40).default(20).describe('distance bins'),
    refitMs: ms(1_000, 3_600_000).default(10_000).describe('period of the fit, ms'),
    observationsMin: z
      .int()
      .min(20)
      .max(100_000)
      .default(200)
      .describe('fewer observations (two each observeMs): the values here are used'),
    errorMax: z
      .number()
      .gt(0)
      .max(2)
      .default(0.25)
      .describe('largest relative standard error of A and of k; else the values here are used'),
  })
  .prefault({})
  .describe('lambda(delta) = A exp(-k delta): how often trades reach a distance');

const size = z
  .strictObject({
    model: z
      .enum(['fixed', 'notional', 'equity'])
      .default('fixed')
      .describe('orderSize; the same worth at every price; a share of wallet plus unrealized profit in the quote asset'),
    notional: z.number().gt(0).max(100_000_000).default(1_000).describe('worth of each quote, quote units'),
    equityPercent: z.number().gt(0).max(1_000).default(0.25).describe('worth of each quote, percent of the equity'),
    levelFactor: factor(0.1, 10).default(1).describe('size of each level over that of the level before'),
    inventoryShrink: factor(0, 1)
      .default(0)
      .describe('share by which the side that grows the inventory is smaller when the inventory is full'),
  })
  .prefault({})
  .describe('size of the quotes');

const placement = z
  .strictObject({
    mode: z
      .enum(['model', 'join', 'improve', 'behind-wall'])
      .default('model')
      .describe('where the model says; at the best price of others; in front of it; one tick behind a large level'),
    improveTicks: z.int().min(1).max(100).default(1).describe('of improve: ticks in front of the best price of others'),
    reachBps: bps(100).default(1).describe('how far a quote may be moved from where the model says, basis points'),
    wallFactor: factor(1, 1_000).default(5).describe('a level is a wall from this many times the mean size of the levels seen'),
  })
  .prefault({})
  .describe('what the book around a quote does to its price');

const edge = z
  .strictObject({
    minProfitBps: z
      .number()
      .min(-100)
      .max(1_000)
      .nullable()
      .default(null)
      .describe(
        'a round trip earns at least this after fees, basis points: no quote is wanted nearer to the fair price; null: not looked at',
      ),
    exit: z.enum(['maker', 'taker']).default('maker').describe('the fee of the way out: as the own quotes, or as a taker'),
    reducingShare: factor(0, 1).default(1).describe('share of that distance which the side that shrinks the inventory must keep'),
  })
  .prefault({})
  .describe('fees as the gateway read them from the account; while they are unknown nothing is quoted');

const funding = z
  .strictObject({
    tiltWeight: factor(0, 10).default(0).describe('shift of both quotes at the funding time, times the rate to be paid; 0: none'),
    tiltMs: ms(1_000, DAY_MS).default(1_800_000).describe('the shift grows from nothing over this long before the funding time, ms'),
    window: z.enum(['none', 'widen', 'pull']).default('none').describe('around the funding time: nothing special, wider quotes, no quotes'),
    beforeMs: ms(0, DAY_MS).default(30_000).describe('the window begins this long before the funding time, ms'),
    afterMs: ms(0, DAY_MS).default(15_000).describe('and ends this long after it, ms'),
    widenFactor: factor(1, 20).default(2).describe('of widen: times the spread'),
  })
  .prefault({})
  .describe('what the funding time does to the quotes');

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as "08:30"');
const sessions = z
  .strictObject({
    windows: z
      .array(
        z.strictObject({
          days: z
            .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
            .min(1)
            .default(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])
            .describe('days on which it begins, UTC'),
          from: timeOfDay.describe('first minute, UTC'),
          to: timeOfDay.describe('end, UTC, not in it; one that is not later than `from` is on the next day'),
        }),
      )
      .max(50)
      .default([])
      .describe('when to quote; none: always'),
    outside: z.enum(['pull', 'reduce']).default('pull').describe('outside of them: no quotes, or only those that shrink the inventory'),
  })
  .prefault({})
  .describe('hours of quoting');

const pull = z
  .strictObject({
    jump: z
      .strictObject({
        bps: threshold(1_000).describe('a move of mid by this much within withinMs, basis points; null: not looked at'),
        sigmas: threshold(100).describe('the same in standard deviations of mid over withinMs; null: not looked at'),
        withinMs: ms(50, 60_000).default(1_000).describe('how fast, ms'),
        coolDownMs,
      })
      .prefault({})
      .describe('a price jump'),
    burst: z
      .strictObject({
        factor: threshold(1_000).describe('volume a second over the usual one; null: not looked at'),
        withinMs: ms(50, 60_000).default(1_000).describe('half-life of the volume now, ms'),
        baselineMs: ms(10_000, DAY_MS).default(300_000).describe('half-life of the usual volume, ms'),
        minNotional: z.number().min(0).max(1e12).default(0).describe('worth taken within withinMs below which it is none, quote units'),
        coolDownMs,
      })
      .prefault({})
      .describe('a burst of public trades'),
    toxicFlow: z
      .strictObject({
        vpin: threshold(1).describe('mean share by which one side outweighs the other in buckets of equal volume; null: not looked at'),
        bucketNotional: z.number().gt(0).max(1e12).default(1_000_000).describe('volume of a bucket, quote units'),
        buckets: z.int().min(2).max(200).default(50).describe('buckets in the mean'),
        coolDownMs,
      })
      .prefault({})
      .describe('takers of one side, as of VPIN'),
    markout: z
      .strictObject({
        bps: z
          .number()
          .min(-1_000)
          .max(1_000)
          .nullable()
          .default(null)
          .describe('own fills earn less than this on average against mid afterwards, basis points, negative: a loss; null: not looked at'),
        horizonMs: ms(100, 600_000).default(5_000).describe('how long afterwards, ms'),
        fills: z.int().min(2).max(200).default(20).describe('fills in the mean'),
        coolDownMs: ms(0, DAY_MS).default(60_000).describe('no quotes for this long after it; then the mean begins anew, ms'),
      })
      .prefault({})
      .describe('own fills before the price runs away'),
  })
  .prefault({})
  .describe('what takes all quotes back');

export const marketMakingSchema = z.strictObject({
  spreadBps: z.number().gt(0).max(1_000).describe('distance between own bid and ask, basis points of mid'),
  skewBps: bps(1_000).describe('shift of both quotes against a full inventory, basis points'),
  orderSize: positiveDecimal.describe('size of each quote, base units'),
  levels: z.int().min(1).max(10).default(1).describe('quotes a side'),
  levelGapBps: bps(1_000).default(2).describe('distance between levels, basis points'),
  levelGapFactor: factor(1, 5).default(1).describe('distance to the next level over the one before; 1: all equal, 2: each twice as far'),
  maxInventory: positiveDecimal.describe('inventory at which the skew is full and the growing side stops, base units'),
  refreshToleranceBps: bps(100).default(0.5).describe('a quote nearer than this to its wanted price is left alone, basis points'),
  minQuoteLifeMs: ms(0, 60_000).default(0).describe('a quote stays at least this long unless all are pulled, ms'),
  fairPrice,
  spread,
  skew,
  risk,
  volatility,
  intensity,
  size,
  placement,
  edge,
  funding,
  sessions,
  pull,
});
