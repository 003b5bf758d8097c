#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes one group of the parameter sweep: a SystemVerilog top with one instance per case, its memory images, and the
table of parameters and unpacked contents that sweep.cpp reads. The table below is the only source of parameters.

Files in --out: finnr_sweep.sv, sweep_ports.h, sweep.txt, c<case>_<name>.mem. Files whose text did not change are kept.
Everything follows from --group, --sweep and --seed.
"""

import argparse
import os
import random

UNSIGNED, SIGNED, BIPOLAR = 0, 1, 2


def clog2(n):
    return (n - 1).bit_length()


def value_range(bits, kind):
    if kind == BIPOLAR:
        return -1, 1
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if kind == SIGNED else (0, (1 << bits) - 1)


def bits_for(lo, hi, signed):
    """Smallest width that holds lo and hi."""
    bits = 1
    while True:
        a, b = value_range(bits, SIGNED if signed else UNSIGNED)
        if a <= lo and hi <= b:
            return bits
        bits += 1


def raw(value, bits, kind):
    return int(value > 0) if kind == BIPOLAR else value & ((1 << bits) - 1)


class Word:
    """Bits collected from the low end."""

    def __init__(self):
        self.value, self.bits = 0, 0

    def put(self, value, bits):
        self.value |= (value & ((1 << bits) - 1)) << self.bits
        self.bits += bits


class Case:
    def __init__(self, module, params, in_bits, out_bits, sinks=1):
        self.module, self.params = module, dict(params)
        self.in_bits, self.out_bits, self.sinks = in_bits, out_bits, sinks
        self.sources = [in_bits]  # the lanes of each input stream
        self.data = {}   # name -> unpacked values for the model
        self.text = {}   # parameters that are not plain numbers, as SystemVerilog
        self.files = {}  # parameter -> list of words
        self.index = -1

    def source_names(self):
        """What follows s_valid_ and so on: the index of the case, and the number of the stream from the second on."""
        return [str(self.index)] + ['%d_%d' % (self.index, k) for k in range(1, len(self.sources))]

    def image(self, parameter, words):
        self.files[parameter] = words


# ---------------------------------------------------------------------------------------------- contents

def thresholds(rng, channels, lo, hi, p, likely=None):
    """Random contents of a threshold memory for x in lo..hi; also chooses ThrBits where it is 0."""
    k, out_bits = p['NumThresholds'], p['OutBits']
    signed = p['XSigned']
    if p['ThrBits'] == 0:
        p['ThrBits'] = bits_for(lo, hi + 1, signed)
    tlo, thi = value_range(p['ThrBits'], SIGNED if signed else UNSIGNED)
    low, high = max(lo, tlo), min(hi + 1, thi)

    def one(form):
        if form == 0:
            return low                   # reached by every x
        if form == 1:
            return high                  # hi + 1 is reached by none
        if form == 2 and likely:
            return min(max(rng.choice(likely) + rng.randint(-1, 1), low), high)
        return rng.randint(low, high)

    thr, sign, base = [], [], []
    for c in range(channels):
        form = c % 5
        if form == 3:
            row = [one(0)] * k
        elif form == 4:
            row = [one(1)] * k
        else:
            row = [one(rng.choice([0, 1, 2, 2, 2, 3, 3])) for _ in range(k)]
        if p['Search'] or rng.random() < 0.5:
            row.sort()
        thr.append(row)
        sign.append([rng.randint(0, 1) for _ in range(k if p['StepSigns'] == 1 else p['StepSigns'] // 2)])
        base.append(rng.randint(0, (1 << out_bits) - 1))
    return thr, sign, base


def threshold_words(p, thr, sign, base):
    words = []
    pe = p['Pe']
    for fold in range(len(thr) // pe):
        w = Word()
        for c in range(fold * pe, fold * pe + pe):
            for t in thr[c]:
                w.put(t, p['ThrBits'])
            for s in sign[c]:
                w.put(s, 1)
            if p['BaseInMem']:
                w.put(base[c], p['OutBits'])
        words.append(w)
    return words


def flat(rows):
    return [v for row in rows for v in row]


# ---------------------------------------------------------------------------------------------- cases per module

def fifo(rng, width, depth, style):
    return Case('finnr_fifo', dict(Width=width, Depth=depth, Style=style), [width], [width])


def width(rng, bits, lanes_in, lanes_out):
    return Case('finnr_width', dict(ElementBits=bits, InLanes=lanes_in, OutLanes=lanes_out),
                [bits] * lanes_in, [bits] * lanes_out)


def rom(rng, bits, depth, style):
    case = Case('finnr_rom', dict(Width=bits, Depth=depth, Style=style), [max(1, clog2(depth))], [bits])
    case.data['word'] = [rng.getrandbits(bits) for _ in range(depth)]
    words = []
    for v in case.data['word']:
        w = Word()
        w.put(v, bits)
        words.append(w)
    case.image('File', words)
    return case


def split_roms(rng):
    """With words and bits left over, and without."""
    return [rom(rng, *a, 4) for a in [(38, 520), (20, 2100), (36, 512), (5, 9), (64, 300)]]


def replay(rng, bits, words, passes):
    return Case('finnr_replay', dict(Width=bits, Words=words, Passes=passes), [bits], [bits])


def fork(rng, bits, outputs):
    return Case('finnr_fork', dict(Width=bits, Outputs=outputs), [bits], [bits], outputs)


def cast(rng, lanes, in_bits, kind, out_bits):
    return Case('finnr_cast', dict(Lanes=lanes, InBits=in_bits, InKind=kind, OutBits=out_bits), [in_bits] * lanes, [out_bits] * lanes)


def table(rng, channels, pe, x_bits, out_bits, per_channel, style=0):
    case = Case('finnr_table', dict(Channels=channels, Pe=pe, XBits=x_bits, OutBits=out_bits, PerChannel=per_channel,
                                    MemStyle=style), [x_bits] * pe, [out_bits] * pe)
    tables = channels if per_channel else 1
    contents = [[rng.getrandbits(out_bits) for _ in range(1 << x_bits)] for _ in range(tables)]
    case.data['table'] = flat(contents)
    words = []
    for fold in range(channels // pe if per_channel else 1):
        for x in range(1 << x_bits):
            w = Word()
            for c in range(fold * pe, fold * pe + pe) if per_channel else [0]:
                w.put(contents[c][x], out_bits)
            words.append(w)
    case.image('File', words)
    return case


def top_k(rng, labels, lanes, bits, signed, k, index_bits=0):
    index_bits = index_bits or max(1, clog2(labels))
    return Case('finnr_top_k', dict(Labels=labels, Lanes=lanes, XBits=bits, XSigned=signed, K=k, IndexBits=index_bits),
                [bits] * lanes, [index_bits])


def extent(size, up, repeat, pad, kernel, dilation, stride):
    """Outputs of one axis with pads before and after, as a convolution counts them."""
    virtual = size * up if repeat else (size - 1) * up + 1
    return (virtual + pad[0] + pad[1] - (kernel - 1) * dilation - 1) // stride + 1


def window(rng, hw, k=(1, 1), groups=1, inner=1, s=(1, 1), d=(1, 1), up=(1, 1), repeat=0, pad=(0, 0, 0, 0), o=None, rows=0, bits=5,
           lanes=1, fill=0, style=0, tile=(1, 1)):
    """pad: top, left, bottom, right. rows: more than the least."""
    oh, ow = o or [extent(hw[a], up[a], repeat, (pad[a], pad[a + 2]), k[a], d[a], s[a]) for a in (0, 1)]
    p = dict(H=hw[0], W=hw[1], Groups=groups, Inner=inner, KH=k[0], KW=k[1], StrideH=s[0], StrideW=s[1], DilationH=d[0],
             DilationW=d[1], UpH=up[0], UpW=up[1], Repeat=repeat, PadTop=pad[0], PadLeft=pad[1], OH=oh, OW=ow, TileH=tile[0], TileW=tile[1])
    p['Rows'] = ring_rows(p, rows)
    p.update(Style=style, Lanes=lanes, ElementBits=bits, Fill=fill)
    return Case('finnr_window', p, [bits] * lanes, [bits] * lanes * tile[0] * tile[1])


def ring_rows(p, more):
    """The least rows, by definition, and `more` of them."""
    least = 1
    for oy in range(p['OH']):
        top = oy * p['StrideH'] - p['PadTop']
        first = min(max(top // p['UpH'] if p['Repeat'] else -(-top // p['UpH']), 0), p['H'])
        for v in range(top, top + p['KH'] * p['DilationH'], p['DilationH']):
            if 0 <= v // p['UpH'] < p['H'] and (p['Repeat'] or v % p['UpH'] == 0):
                least = max(least, v // p['UpH'] - first + 1)
    return least + more


def dot(rng, simd, x_bits, x_kind, w_bits, w_kind, out_bits=0):
    xnor = x_kind == BIPOLAR and w_kind == BIPOLAR
    if not out_bits:
        out_bits = simd.bit_length() if xnor else x_bits + w_bits + 1 + clog2(simd)
    return Case('finnr_dot', dict(Simd=simd, XBits=x_bits, XKind=x_kind, WBits=w_bits, WKind=w_kind, OutBits=out_bits),
                [x_bits] * simd + [w_bits] * simd, [out_bits])


def threshold(rng, channels, pe, x_bits, signed, out_bits, k, thr_bits=0, search=0, signs=0, base_in_mem=0, base=0, style=0):
    p = dict(Channels=channels, Pe=pe, XBits=x_bits, XSigned=signed, OutBits=out_bits, NumThresholds=k, ThrBits=thr_bits,
             Search=search, StepSigns=signs, BaseInMem=base_in_mem, Base=base, MemStyle=style)
    lo, hi = value_range(x_bits, SIGNED if signed else UNSIGNED)
    thr, sign, bases = thresholds(rng, channels, lo, hi, p)
    case = Case('finnr_threshold', p, [x_bits] * pe, [out_bits] * pe)
    case.data['thr'], case.data['sign'] = flat(thr), flat(sign)
    case.data['base'] = bases if base_in_mem else [base] * channels
    case.image('File', threshold_words(p, thr, sign, bases))
    return case


def mvu(rng, mw, mh, pe, simd, x_bits, x_kind, w_bits, w_kind, groups=1, **k):
    shape = dict(Mw=mw, Mh=mh, Groups=groups, MwReal=mw - k.get('pad', 0))
    return mac(rng, 'finnr_mvu', shape, groups * mh, mw, pe, simd, x_bits, x_kind, w_bits, w_kind, [x_bits] * simd, **k)


def vvu(rng, channels, k_size, pe, simd, x_bits, x_kind, w_bits, w_kind, **k):
    shape = dict(Channels=channels, K=k_size, KReal=k_size - k.get('pad', 0))
    return mac(rng, 'finnr_vvu', shape, channels, k_size, pe, simd, x_bits, x_kind, w_bits, w_kind, [x_bits] * simd * pe, **k)


def mac(rng, module, shape, mh, mw, pe, simd, x_bits, x_kind, w_bits, w_kind, in_bits, k=0, out_bits=0, search=0, signs=0,
        base_in_mem=0, base=0, pad=0, acc_extra=0, thr_extra=0, style=0, core=1, pipeline=0, shared=0):
    """Matrix or depthwise unit: mh output channels, each a sum of mw products; shared: the thresholds of pe channels serve all."""
    real = mw - pad
    xnor = x_kind == BIPOLAR and w_kind == BIPOLAR
    wlo, whi = value_range(w_bits, w_kind)
    xlo, xhi = value_range(x_bits, x_kind)
    weights = []
    for c in range(mh):
        form = c % 6
        row = []
        for i in range(mw):
            v = whi if form == 1 else wlo if form == 2 else rng.randint(wlo, whi)
            if w_kind == BIPOLAR and form not in (1, 2):
                v = rng.choice([-1, 1])
            if i >= real:
                v = 1 if xnor else (0 if w_kind != BIPOLAR else 1)
            row.append(v)
        weights.append(row)

    # Range of the accumulators with these weights (padding inputs are raw 0).
    lo, hi, likely = 0, 0, []
    for row in weights:
        if xnor:
            lo, hi = 0, max(hi, real)
        else:
            pad_sum = sum(row[i] * (-1 if x_kind == BIPOLAR else 0) for i in range(real, mw))
            lo = min(lo, pad_sum + sum(min(v * xlo, v * xhi) for v in row[:real]))
            hi = max(hi, pad_sum + sum(max(v * xlo, v * xhi) for v in row[:real]))
    for _ in range(64):
        row = rng.choice(weights)
        xs = [rng.choice([-1, 1]) if x_kind == BIPOLAR else rng.randint(xlo, xhi) for _ in range(real)]
        likely.append(sum(a == b for a, b in zip(row, xs)) if xnor else sum(a * b for a, b in zip(row, xs)))
    signed = int(lo < 0)
    acc_bits = bits_for(lo, hi, signed) + acc_extra
    if not out_bits:
        out_bits = bits_for(-real, real, 1) if xnor else acc_bits
    p = dict(shape, Pe=pe, Simd=simd, XBits=x_bits, XKind=x_kind, WBits=w_bits, WKind=w_kind, AccBits=acc_bits,
             AccSigned=signed, OutBits=out_bits, NumThresholds=k, ThrBits=1, Search=search, StepSigns=signs,
             BaseInMem=base_in_mem, SharedSteps=shared, Base=base, WeightStyle=style, ThresholdStyle=style, Core=core,
             Pipeline=pipeline)
    case = Case(module, p, in_bits, [out_bits] * pe)
    case.data['weight'] = flat(weights)
    words = []
    for nf in range(mh // pe):
        for sf in range(mw // simd):
            w = Word()
            for r in range(pe):
                for s in range(simd):
                    w.put(raw(weights[nf * pe + r][sf * simd + s], w_bits, w_kind), w_bits)
            words.append(w)
    case.image('WeightFile', words)
    if k:
        p['ThrBits'] = 0
        q = dict(p, XSigned=signed)
        q['ThrBits'] = bits_for(lo, hi + 1, signed) + thr_extra
        thr, sign, bases = thresholds(rng, pe if shared else mh, lo, hi, q, likely)
        p['ThrBits'] = q['ThrBits']
        case.params = p
        times = mh // pe if shared else 1
        case.data['thr'], case.data['sign'] = flat(thr) * times, flat(sign) * times
        case.data['base'] = bases * times if base_in_mem else [base] * mh
        case.image('ThresholdFile', threshold_words(q, thr, sign, bases))
    return case


def pool(rng, lanes, x_bits, x_kind, count, inner, function, out_bits=0, style=0, simd=1):
    lo, hi = value_range(x_bits, x_kind)
    if not out_bits:
        out_bits = bits_for(simd * count * lo, simd * count * hi, lo < 0) if function else x_bits
    return Case('finnr_pool', dict(Lanes=lanes, Simd=simd, XBits=x_bits, XKind=x_kind, OutBits=out_bits, Count=count, Inner=inner,
                                   Function=function, Style=style), [x_bits] * simd * lanes, [out_bits] * lanes)


def join(rng, lanes, a_bits, a_kind, b_bits, b_kind, out_bits, function=0, mul_a=1, mul_b=1):
    case = Case('finnr_join', dict(Lanes=lanes, ABits=a_bits, AKind=a_kind, BBits=b_bits, BKind=b_kind, OutBits=out_bits,
                                   Function=function, MulA=mul_a, MulB=mul_b), [a_bits] * lanes, [out_bits] * lanes)
    case.sources.append([b_bits] * lanes)
    return case


def concat(rng, bits, turns):
    case = Case('finnr_concat', dict(Width=bits, Inputs=len(turns)), [bits], [bits])
    case.sources = [[bits]] * len(turns)
    case.data['turn'] = turns
    # Both ways in which Turns may be written.
    if sum(turns) % 2:
        case.text['Turns'] = "{%s}" % ', '.join("32'd%d" % t for t in reversed(turns))
    else:
        case.text['Turns'] = "%d'h%s" % (32 * len(turns), ''.join('%08x' % t for t in reversed(turns)))
    return case


def fork_join(rng, bits, index, depth):
    """A stream forked, one way rearranged by frames, the other through a queue, and both added."""
    case = permute(rng, bits, index, len(index))
    case.module, case.params, case.out_bits = 'finnr_fork_join', dict(Width=bits, Beats=len(index), Depth=depth), [bits + 1]
    return case


def take(rng, bits, period, first, count):
    return Case('finnr_take', dict(Width=bits, Period=period, First=first, Count=count), [bits], [bits])


def permute(rng, bits, index, in_beats, style=0, index_style=0):
    case = Case('finnr_permute', dict(Width=bits, InBeats=in_beats, OutBeats=len(index), Style=style, IndexStyle=index_style),
                [bits], [bits])
    case.data['index'] = index
    words = []
    for i in index:
        w = Word()
        w.put(i, max(1, clog2(in_beats)))
        words.append(w)
    case.image('File', words)
    return case


# ---------------------------------------------------------------------------------------------- the table

def streams(r):
    u, s, b = UNSIGNED, SIGNED, BIPOLAR
    cases = [fifo(r, *a) for a in [
        (8, 1, 0), (1, 1, 2), (8, 2, 0), (33, 2, 1), (5, 2, 2), (8, 3, 0), (1, 3, 2), (64, 4, 3), (7, 5, 1), (8, 16, 0),
        (8, 17, 2), (3, 17, 1), (16, 64, 2), (9, 100, 3), (24, 2048, 2), (4, 3000, 2)]]
    cases += [width(r, *a) for a in [
        (8, 1, 1), (8, 1, 2), (8, 2, 1), (1, 1, 7), (3, 5, 1), (1, 8, 64), (1, 64, 8), (5, 3, 9), (5, 9, 3), (4, 2, 26),
        (2, 16, 2), (7, 1, 3), (13, 4, 4)]]
    cases += [rom(r, *a) for a in [(8, 1, 0), (1, 2, 1), (33, 5, 2), (64, 17, 3), (12, 100, 0), (4, 64, 1)]] + split_roms(r)
    cases += [replay(r, *a) for a in [
        (8, 1, 1), (8, 1, 2), (3, 1, 7), (8, 2, 2), (5, 3, 3), (1, 3, 1), (8, 4, 10), (8, 5, 2), (17, 7, 3), (8, 8, 2),
        (9, 9, 5), (8, 16, 3), (64, 27, 2), (2, 13, 1)]]
    cases += [fork(r, *a) for a in [(8, 1), (8, 2), (1, 3), (33, 4), (5, 7)]]
    cases += [cast(r, *a) for a in [
        (1, 1, b, 2), (3, 1, b, 7), (8, 1, b, 2), (1, 4, u, 5), (2, 8, u, 8), (5, 1, u, 3), (1, 4, s, 4), (3, 2, s, 17), (2, 1, s, 2)]]
    cases += [table(r, *a) for a in [
        (1, 1, 1, 1, 0), (7, 1, 4, 4, 0), (7, 7, 3, 5, 0), (8, 2, 8, 8, 0), (7, 1, 4, 3, 1), (7, 7, 2, 2, 1), (6, 3, 5, 1, 1),
        (4, 2, 6, 9, 1, 2), (1, 1, 3, 2, 1), (16, 4, 1, 3, 1, 1), (5, 1, 8, 17, 1, 2)]]
    cases += [top_k(r, *a) for a in [
        (1, 1, 8, 1, 1), (10, 1, 8, 1, 1), (10, 2, 16, 1, 5), (10, 10, 8, 0, 1), (7, 1, 4, 1, 7), (7, 7, 3, 1, 7),
        (13, 1, 1, 0, 3), (100, 10, 8, 1, 5, 8), (12, 3, 2, 0, 2), (12, 4, 8, 1, 4), (5, 1, 24, 1, 2), (17, 17, 5, 0, 3),
        (9, 3, 1, 1, 9), (2, 1, 33, 1, 2), (37, 1, 12, 1, 1)]]
    return cases


def random_streams(r, n):
    cases = []
    for _ in range(n):
        cases.append(fifo(r, r.randint(1, 64), r.randint(1, 40), r.randint(0, 3)))
        a, b = r.randint(1, 8), r.randint(1, 8)
        cases.append(width(r, r.randint(1, 8), *r.choice([(a, a * b), (a * b, a)])))
        cases.append(rom(r, r.randint(1, 64), r.randint(1, 70), r.randint(0, 4)))
        cases.append(replay(r, r.randint(1, 64), r.randint(1, 30), r.randint(1, 12)))
        cases.append(fork(r, r.randint(1, 40), r.randint(1, 6)))
        bits = r.randint(1, 20)
        cases.append(cast(r, r.randint(1, 8), bits, r.choice([UNSIGNED, SIGNED]), bits + r.randint(0, 9)))
        pe, folds = r.randint(1, 8), r.randint(1, 7)
        cases.append(table(r, pe * folds, pe, r.randint(1, 7), r.randint(1, 12), r.randint(0, 1), r.randint(0, 3)))
        lanes, beats = r.randint(1, 8), r.randint(1, 20)
        cases.append(top_k(r, lanes * beats, lanes, r.randint(1, 20), r.randint(0, 1), r.randint(1, min(9, lanes * beats))))
    return cases


def windows(r):
    def w(*a, **k):
        return window(r, *a, **k)

    k1, k2, k3, k5 = (1, 1), (2, 2), (3, 3), (5, 5)
    same, two = (1, 1, 1, 1), (2, 2)
    return [
        # convolutions, rows from the least to plenty
        *[w((5, 5), k3, pad=same, rows=n) for n in (0, 1, 2, 4, 7, 13)],
        *[w((7, 6), k3, inner=2, s=two, pad=same, rows=n, bits=3, lanes=2, fill=5) for n in (0, 1, 3)],
        w((6, 5), k2, inner=3), w((9, 7), k5, pad=(2, 2, 2, 2), rows=2, style=2), w((8, 8), (4, 3), pad=(1, 1, 2, 1), rows=1),
        w((11, 10), k2, s=(3, 4), rows=1), w((9, 9), k3, s=two, d=two, pad=(2, 2, 2, 2), rows=2),
        w((10, 9), (2, 3), d=(3, 2), pad=(0, 1, 2, 1)),
        # depthwise and grouped
        w((5, 4), k3, groups=3, pad=same, rows=1), w((4, 5), k2, groups=2, inner=3, s=two, rows=1),
        w((3, 3), k3, groups=4, inner=2, rows=1),
        # one axis
        w((1, 12), (1, 3), pad=(0, 1, 0, 1), rows=1), w((12, 1), (3, 1), pad=(1, 0, 1, 0), rows=1),
        w((17, 1), (5, 1), s=two, rows=2, bits=1), w((1, 9), (1, 4), s=(1, 3), d=two, pad=(0, 4, 0, 3)),
        # padding: plain, uneven, more than the kernel, windows far outside, an image smaller than the kernel
        w((4, 3), k1, pad=(1, 2, 3, 0), fill=17), w((4, 3), k1, pad=(1, 2, 3, 0), rows=2, fill=31),
        w((3, 4), k3, pad=(4, 5, 3, 6), rows=1), w((2, 2), k3, pad=same, s=(5, 5), o=(3, 2)), w((2, 2), k5, pad=(2, 2, 2, 2), rows=1),
        # cropping, subsampling
        w((7, 6), k1, pad=(-2, -1, -1, -3), rows=1), w((6, 6), k3, pad=(-1, 1, 1, -2)), w((9, 8), k1, s=(2, 3), inner=2, rows=1),
        w((8, 9), k1, s=(5, 2)), w((6, 5), k1, pad=(-7, 0, 3, 0), rows=1),
        # upsampling, spacing
        w((4, 5), k1, up=two, repeat=1, inner=2, rows=1), w((3, 4), k1, up=(3, 2), repeat=1, rows=1, lanes=3),
        w((4, 4), k3, up=two, repeat=1, pad=same, rows=1), w((4, 4), k3, up=two, pad=(1, 1, 2, 2), rows=1),
        w((3, 5), k2, up=(3, 2), pad=same, fill=3), w((5, 3), k3, up=(2, 3), d=(2, 1), s=(3, 2), pad=(2, 2, 3, 1), rows=1),
        w((4, 3), (4, 4), up=two, pad=(2, 2, 2, 2), inner=2, rows=2, style=1),
        # single pixels, whole images
        w((1, 1)), w((1, 1), rows=1), w((1, 1), k3, pad=same, inner=2, rows=1), w((3, 4), (3, 4), inner=2),
        w((3, 4), (3, 4), inner=2, rows=3), w((4, 3), (4, 3), groups=3, rows=2, style=3), w((5, 1)), w((5, 1), rows=1),
        # tiles: whole windows, rows from the least to plenty; kernel rows, parts of them, several of them
        *[w((5, 5), k3, pad=same, rows=n, tile=k3, fill=9) for n in (0, 1, 2, 4, 7, 13)],
        w((6, 7), k3, rows=2, tile=(1, 3)), w((6, 7), k3, groups=3, pad=same, rows=1, tile=(1, 3), lanes=2),
        w((7, 9), (2, 4), rows=1, tile=(1, 2)), w((7, 9), (4, 2), rows=2, tile=(2, 2)), w((5, 6), (4, 6), pad=same, rows=1, tile=(2, 6)),
        w((8, 8), k2, s=two, tile=k2), w((8, 8), k2, groups=4, rows=1, tile=k2), w((9, 8), k3, s=two, pad=same, rows=2, tile=k3, style=2),
        w((9, 11), k3, d=two, pad=(2, 2, 2, 2), rows=1, tile=k3), w((9, 11), k3, d=(3, 4), rows=2, tile=k3, style=1),
        w((11, 12), k2, s=(3, 4), rows=1, tile=k2), w((9, 10), k5, pad=(2, 2, 2, 2), rows=2, tile=k5, bits=2),
        w((1, 12), (1, 3), pad=(0, 1, 0, 1), rows=1, tile=(1, 3)), w((12, 1), (3, 1), pad=(1, 0, 1, 0), rows=1, tile=(3, 1)),
        w((2, 2), k5, pad=(2, 2, 2, 2), rows=1, tile=k5), w((3, 4), k3, pad=(4, 5, 3, 6), rows=1, tile=k3), w((6, 6), k3, pad=(-1, 1, 1, -2), tile=k3),
        w((1, 1), k3, groups=2, pad=same, tile=k3), w((3, 4), (3, 4), rows=3, tile=(3, 4)), w((2, 2), k3, pad=same, s=(5, 5), o=(3, 2), tile=(1, 3))]


def random_windows(r, n):
    cases = []
    while len(cases) < n:
        axis = [(r.choice([1, 2, r.randint(1, 9)]), r.randint(1, 5), r.choice([1, 1, 2, r.randint(1, 6)]), r.choice([1, 1, 2, 3]),
                 r.choice([1, 1, 1, 2, 3])) for _ in range(2)]
        hw, k, s, d, up = zip(*axis)
        repeat = r.randint(0, 1)
        pad = tuple(r.choice([0, 0, 1, 2, r.randint(-3, 6)]) for _ in range(4))
        o = [extent(hw[a], up[a], repeat, (pad[a], pad[a + 2]), k[a], d[a], s[a]) for a in (0, 1)]
        groups, inner = r.choice([1, 1, 2, 3]), r.choice([1, 1, 2, 5])
        if min(o) < 1 or o[0] * o[1] * k[0] * k[1] * groups * inner > 2500:
            continue
        bits = r.randint(1, 9)
        tile = (1, 1)
        if r.random() < 0.5:
            tile, inner, up = r.choice(tiles(k)), 1, (1, 1)
            o = [extent(hw[a], 1, repeat, (pad[a], pad[a + 2]), k[a], d[a], s[a]) for a in (0, 1)]
            if min(o) < 1:
                continue
        cases.append(window(r, hw, k, groups, inner, s, d, up, repeat, pad, rows=r.choice([0, 0, 1, 1, 2, 3, hw[0], 2 * hw[0]]), bits=bits,
                            lanes=r.randint(1, 3), fill=r.getrandbits(bits), style=r.randint(0, 3), tile=tile))
    return cases


def tiles(k):
    """The kernel positions of a beat: part of a kernel row, or whole ones."""
    return [(1, n) for n in range(1, k[1] + 1) if k[1] % n == 0] + [(n, k[1]) for n in range(2, k[0] + 1) if k[0] % n == 0]


def dots(r):
    u, s, b = UNSIGNED, SIGNED, BIPOLAR
    return [dot(r, *a) for a in [
        (1, 1, b, 1, b), (5, 1, b, 1, b), (32, 1, b, 1, b), (65, 1, b, 1, b), (130, 1, b, 1, b), (27, 1, b, 1, b, 9),
        (3, 1, b, 4, s), (8, 1, b, 3, u), (1, 1, b, 8, s), (70, 1, b, 2, s),
        (3, 8, u, 1, b), (4, 1, u, 1, b), (9, 2, u, 1, b), (7, 5, s, 1, b), (66, 3, s, 1, b), (1, 1, s, 1, b),
        (1, 1, u, 1, u), (4, 1, s, 1, s), (3, 4, u, 4, s), (5, 4, s, 4, s), (8, 8, u, 8, s), (2, 8, s, 8, u), (6, 3, u, 5, u),
        (16, 2, s, 2, s), (3, 8, s, 8, s, 48), (11, 7, u, 6, s, 48), (5, 8, s, 8, s, 9), (2, 16, s, 16, s, 33)]]


def threshold_cases(r, form_only=False):
    t = lambda *a, **k: threshold(r, *a, **k)
    cases = [
        t(7, 1, 8, 1, 2, 3), t(4, 2, 8, 1, 2, 3), t(5, 5, 4, 0, 1, 1), t(1, 1, 1, 0, 1, 1), t(6, 3, 5, 0, 4, 15, base=-8),
        t(4, 1, 8, 1, 3, 7, thr_bits=12), t(11, 1, 9, 1, 2, 2, signs=1, base=1), t(6, 2, 9, 0, 4, 11, signs=1, base_in_mem=1),
        t(10, 5, 6, 1, 2, 3, signs=2, base_in_mem=1, style=2), t(3, 3, 16, 1, 8, 20, base=-128), t(4, 2, 40, 1, 2, 3),
        t(4, 2, 32, 0, 2, 3, base_in_mem=1), t(8, 4, 12, 1, 2, 3, thr_bits=5, base=2), t(2, 1, 3, 1, 1, 1, signs=2),
        # binary search
        t(7, 1, 8, 1, 2, 3, search=1), t(4, 2, 8, 0, 3, 7, search=1, base=-4), t(5, 5, 4, 0, 1, 1, search=1),
        t(6, 2, 10, 1, 3, 5, search=1, signs=2, base=3), t(6, 3, 12, 0, 4, 14, search=1, signs=2, base_in_mem=1, style=1),
        t(3, 1, 14, 1, 4, 8, search=1, base_in_mem=1), t(4, 4, 40, 1, 3, 6, search=1), t(2, 1, 16, 1, 8, 255, search=1, base=-128),
        t(13, 1, 6, 1, 2, 2, search=1, thr_bits=9), t(1, 1, 20, 0, 7, 100, search=1, style=2)]
    return cases


def mvus(r):
    u, s, b = UNSIGNED, SIGNED, BIPOLAR
    m = lambda *a, **k: mvu(r, *a, **k)
    return [
        # mw mh pe simd, x bits and kind, w bits and kind
        m(8, 4, 2, 4, 4, u, 4, s), m(8, 4, 4, 8, 4, u, 4, s), m(1, 1, 1, 1, 8, s, 8, s), m(7, 5, 1, 1, 3, u, 3, s),
        m(7, 5, 5, 1, 3, s, 3, s), m(7, 5, 1, 7, 8, u, 1, b), m(27, 11, 11, 9, 2, u, 2, s), m(27, 6, 3, 3, 8, u, 8, s),
        m(16, 6, 2, 16, 8, s, 5, u), m(6, 3, 1, 2, 8, u, 8, u), m(10, 4, 2, 5, 1, b, 4, s), m(10, 4, 4, 2, 1, b, 7, u),
        m(12, 6, 3, 4, 1, u, 1, u), m(12, 6, 2, 3, 1, u, 1, b, acc_extra=5), m(9, 7, 7, 9, 1, s, 2, s, out_bits=20),
        # bipolar by bipolar, plain output, with and without padding
        m(16, 8, 4, 8, 1, b, 1, b), m(16, 6, 6, 16, 1, b, 1, b), m(15, 3, 1, 1, 1, b, 1, b), m(32, 4, 2, 8, 1, b, 1, b, pad=5),
        m(72, 6, 2, 72, 1, b, 1, b, pad=1, out_bits=12),
        # fused activation
        m(16, 8, 4, 8, 1, b, 1, b, k=1, out_bits=1), m(32, 12, 4, 4, 1, b, 1, b, k=1, out_bits=1, signs=2, base_in_mem=1),
        m(27, 7, 1, 9, 1, b, 1, b, k=3, out_bits=2, pad=2, signs=2, base_in_mem=1), m(9, 5, 5, 9, 1, b, 1, b, k=3, out_bits=2, base=-2),
        m(8, 4, 2, 4, 4, u, 4, s, k=15, out_bits=4, base=-8), m(12, 6, 6, 12, 2, u, 2, s, k=3, out_bits=2, thr_extra=2),
        m(27, 10, 5, 3, 8, u, 3, s, k=3, out_bits=2, signs=1, base_in_mem=1), m(6, 3, 1, 6, 8, s, 8, s, k=7, out_bits=3, signs=2, base=7),
        m(6, 4, 2, 2, 3, u, 4, u, k=3, out_bits=2), m(10, 4, 2, 5, 1, b, 4, s, k=1, out_bits=1, style=1),
        m(16, 6, 2, 4, 8, u, 8, s, k=255, out_bits=8, search=1, base=-128), m(8, 7, 7, 8, 4, u, 1, b, k=15, out_bits=4, search=1),
        m(8, 4, 1, 8, 4, s, 4, s, k=6, out_bits=3, search=1, signs=2, base_in_mem=1, style=2),
        m(24, 4, 2, 12, 1, b, 1, b, k=3, out_bits=2, search=1, base=1), m(18, 1, 1, 3, 2, s, 2, s, k=3, out_bits=2, style=2),
        # thresholds of the first PE channels for all
        m(16, 12, 4, 8, 1, b, 1, b, k=1, out_bits=1, shared=1), m(8, 6, 2, 4, 4, u, 4, s, k=7, out_bits=3, shared=1),
        m(9, 6, 3, 3, 2, u, 1, b, k=3, out_bits=2, search=1, signs=2, base_in_mem=1, shared=1, groups=2),
        # grouped
        m(6, 4, 2, 3, 4, u, 4, s, groups=3), m(5, 3, 3, 5, 3, s, 3, s, groups=2), m(4, 2, 1, 1, 1, b, 1, b, groups=4),
        m(1, 1, 1, 1, 4, u, 4, s, groups=5, k=3, out_bits=2), m(9, 2, 1, 9, 1, b, 1, b, groups=2, pad=1, k=1, out_bits=1),
        m(8, 6, 2, 2, 2, u, 2, s, groups=3, k=15, out_bits=4, search=1, signs=2, base_in_mem=1, style=2)]


def vvus(r):
    u, s, b = UNSIGNED, SIGNED, BIPOLAR
    v = lambda *a, **k: vvu(r, *a, **k)
    return [
        # channels k pe simd, x bits and kind, w bits and kind
        v(4, 9, 2, 1, 4, u, 4, s), v(4, 9, 4, 1, 8, u, 8, s), v(3, 9, 1, 1, 3, s, 3, s), v(6, 9, 2, 3, 4, u, 3, s),
        v(6, 9, 3, 9, 2, u, 2, s), v(5, 4, 5, 2, 8, s, 8, s), v(1, 1, 1, 1, 8, u, 8, s), v(8, 1, 2, 1, 8, s, 8, s),
        v(7, 1, 7, 1, 5, u, 4, u), v(1, 25, 1, 5, 4, u, 4, s), v(10, 6, 2, 2, 1, b, 4, s), v(6, 4, 3, 2, 4, u, 1, b, acc_extra=4),
        v(4, 25, 2, 1, 1, u, 1, b), v(3, 3, 3, 3, 4, s, 4, s, out_bits=20),
        # bipolar by bipolar, with and without padding
        v(8, 9, 4, 1, 1, b, 1, b), v(4, 9, 2, 9, 1, b, 1, b), v(6, 10, 2, 2, 1, b, 1, b, pad=1), v(3, 1, 1, 1, 1, b, 1, b),
        # fused activation
        v(6, 9, 2, 1, 4, u, 4, s, k=15, out_bits=4, base=-8), v(8, 9, 4, 3, 1, b, 1, b, k=1, out_bits=1),
        v(4, 9, 1, 9, 2, u, 2, s, k=3, out_bits=2, signs=2, base_in_mem=1), v(5, 1, 5, 1, 8, s, 8, s, k=7, out_bits=3),
        v(6, 9, 3, 1, 8, u, 8, s, k=255, out_bits=8, search=1, base=-128), v(4, 4, 2, 2, 3, s, 3, s, k=3, out_bits=2, signs=1),
        v(12, 10, 4, 5, 1, b, 1, b, pad=1, k=3, out_bits=2, search=1, style=2), v(8, 9, 2, 3, 3, u, 3, s, k=3, out_bits=2, shared=1)]


def cores(r):
    """Every form of operands on wide and narrow units, with and without registers in the tree."""
    u, s, b = UNSIGNED, SIGNED, BIPOLAR
    m = lambda *a, **k: mvu(r, *a, **k)
    cases = [m(2 * simd if accumulate else simd, 2, 2, simd, 1, b, 1, b, pipeline=p)
             for simd, accumulate, p in [(2, 1, 0), (3, 0, 0), (7, 1, 1), (12, 0, 2), (16, 1, 0), (16, 0, 0), (16, 1, 2), (19, 0, 1),
                                         (32, 1, 0), (32, 0, 3), (66, 0, 0), (96, 1, 1), (96, 1, 20), (288, 0, 0), (130, 1, 2)]]
    cases += [m(simd * (1 + i % 2), 2, 1 + i % 2, simd, *x, *w, pipeline=i % 4) for i, (simd, x, w) in enumerate([
        (3, (8, u), (1, b)), (8, (8, s), (1, b)), (27, (8, u), (1, b)), (9, (1, b), (8, s)), (16, (1, b), (3, u)), (5, (1, s), (1, b)),
        (16, (2, u), (2, s)), (32, (2, s), (2, s)), (7, (3, u), (3, s)), (8, (4, u), (4, s)), (8, (4, s), (4, s)), (11, (4, u), (4, u)),
        (6, (1, u), (1, u)), (13, (1, u), (2, s)), (4, (1, s), (1, s)), (16, (2, u), (1, b)), (5, (8, s), (8, s)), (9, (5, s), (2, u)),
        (24, (2, s), (1, b)), (3, (8, u), (1, b)), (33, (1, u), (1, b))])]
    cases += [m(32, 8, 4, 16, 1, b, 1, b, k=1, out_bits=1, pipeline=2, style=2), m(27, 6, 3, 9, 8, u, 1, b, k=3, out_bits=2, pipeline=1),
              m(16, 6, 2, 4, 2, u, 2, s, k=3, out_bits=2, search=1, pipeline=3), m(6, 4, 2, 3, 4, u, 4, s, groups=3, pipeline=1),
              m(12, 6, 3, 4, 4, u, 4, s, core=0, pipeline=1), m(12, 5, 5, 6, 4, u, 4, s, core=2), m(6, 4, 2, 6, 8, s, 8, s, core=2, pipeline=1),
              m(24, 6, 3, 8, 1, b, 1, b, k=1, out_bits=1, signs=2, base_in_mem=1, pipeline=1, style=2),
              m(16, 5, 5, 16, 1, b, 1, b, k=1, out_bits=1, base=1, pipeline=3), m(8, 3, 1, 1, 1, b, 1, b, k=1, out_bits=1, signs=1, pad=2), m(9, 6, 3, 9, 3, s, 3, s, core=0)]
    v = lambda *a, **k: vvu(r, *a, **k)
    return cases + [v(6, 9, 2, 3, 4, u, 3, s, pipeline=1), v(8, 9, 4, 9, 1, b, 1, b, k=1, out_bits=1, pipeline=2), v(4, 25, 2, 5, 2, s, 1, b),
                    v(5, 9, 5, 9, 2, u, 2, s, pipeline=4), v(4, 9, 2, 1, 8, u, 8, s, core=0, pipeline=1)]


def random_compute(r, n):
    def operand():
        kind = r.choice([UNSIGNED, SIGNED, BIPOLAR])
        return (1 if kind == BIPOLAR else r.randint(1, 8)), kind

    cases = []
    for _ in range(n):
        cases.append(dot(r, r.randint(1, 24), *operand(), *operand()))
        for search in (0, 1):
            k = r.randint(1, 20)
            pe, folds = r.randint(1, 6), r.randint(1, 6)
            cases.append(threshold(r, pe * folds, pe, r.randint(1, 20), r.randint(0, 1), max(1, clog2(k + 1)) + r.randint(0, 2), k,
                                   search=search, signs=r.choice([0, 2] if search else [0, 1, 2]), base_in_mem=r.randint(0, 1),
                                   base=r.randint(-4, 4), style=r.randint(0, 3)))
        pe, simd = r.randint(1, 6), r.randint(1, 9)
        x, w = operand(), operand()
        extra = {}
        if r.random() < 0.6:
            search = r.randint(0, 1)
            k = r.randint(1, 9)
            extra = dict(k=k, out_bits=clog2(k + 1) + r.randint(0, 1), search=search, signs=r.choice([0, 2] if search else [0, 1, 2]),
                         base_in_mem=r.randint(0, 1), base=r.randint(-3, 3), thr_extra=r.randint(0, 1), shared=r.choice([0, 0, 1]))
        sf = r.randint(1, 6)
        if simd * sf > 2 and r.random() < 0.3:
            extra['pad'] = r.randint(1, 2)
        extra.update(core=r.choice([0, 1, 1]), pipeline=r.choice([0, 0, 1, 2, 3]))
        cases.append(mvu(r, simd * sf, pe * r.randint(1, 5), pe, simd, *x, *w, style=r.randint(0, 3), **extra,
                         groups=r.choice([1, 1, 2, 3])))
        cases.append(vvu(r, pe * r.randint(1, 5), simd * sf, pe, simd, *operand(), *operand(), style=r.randint(0, 3), **extra))
    return cases


def frames(r):
    u, s, b = UNSIGNED, SIGNED, BIPOLAR
    cases = [pool(r, *a) for a in [
        # lanes, bits, kind, count, inner, function
        (1, 4, u, 4, 1, 0), (2, 8, s, 9, 1, 0), (5, 1, b, 4, 1, 0), (3, 1, u, 1, 1, 0), (1, 33, s, 3, 1, 0), (2, 4, u, 6, 2, 0),
        (4, 4, s, 5, 3, 0), (9, 1, b, 7, 4, 0, 0, 1), (2, 6, s, 1, 5, 0), (1, 8, u, 49, 16, 0, 0, 2), (2, 5, s, 2, 17, 0, 0, 3),
        (1, 4, u, 4, 1, 1), (2, 8, s, 9, 1, 1), (5, 1, b, 4, 1, 1), (3, 1, u, 1, 1, 1), (1, 24, s, 3, 1, 1, 40), (2, 4, u, 6, 2, 1),
        (4, 4, s, 5, 3, 1), (9, 1, b, 7, 4, 1, 0, 1), (2, 6, s, 1, 5, 1), (1, 8, u, 49, 16, 1, 0, 2), (2, 5, s, 2, 17, 1, 5, 3),
        (1, 4, s, 1, 2, 1), (64, 8, u, 3, 2, 0),
        # several elements a beat
        (1, 4, u, 1, 1, 0, 0, 0, 9), (2, 8, s, 3, 1, 0, 0, 0, 3), (3, 1, b, 2, 1, 0, 0, 0, 2), (1, 4, u, 1, 1, 1, 0, 0, 9),
        (2, 8, s, 3, 1, 1, 0, 0, 3), (3, 1, b, 2, 1, 1, 0, 0, 5), (4, 3, s, 1, 1, 1, 4, 0, 4), (1, 5, u, 7, 1, 1, 0, 0, 7)]]
    cases += [join(r, *a) for a in [
        # lanes, a, b, out bits, function, multipliers
        (1, 4, u, 4, u, 5), (3, 4, s, 4, s, 5), (2, 8, u, 4, s, 9, 0, 1, -1), (2, 4, s, 8, u, 12, 0, -1, 1), (5, 1, b, 1, b, 3),
        (4, 1, b, 6, s, 7, 0, -1, -1), (2, 7, u, 1, b, 8), (3, 4, u, 5, s, 16, 0, 13, -7), (1, 8, s, 8, u, 40, 0, -100000, 3),
        (2, 4, u, 4, s, 8, 0, 0, 1), (1, 30, s, 30, s, 31), (1, 4, u, 4, u, 8, 1), (3, 4, s, 4, s, 8, 1), (2, 8, u, 4, s, 13, 1),
        (2, 1, b, 8, s, 9, 1), (2, 6, u, 1, b, 7, 1), (3, 1, b, 1, b, 2, 1), (1, 16, s, 16, u, 33, 1), (2, 4, s, 4, s, 5, 1)]]
    cases += [concat(r, *a) for a in [
        (8, [1, 1]), (8, [1]), (3, [5]), (8, [3, 2]), (16, [1, 7, 2]), (1, [4, 4]), (5, [1, 1, 1, 1, 1]), (9, [16, 8, 1, 3]), (33, [2, 100])]]
    cases += [take(r, *a) for a in [
        (8, 1, 0, 1), (8, 2, 0, 1), (8, 2, 1, 1), (4, 4, 1, 2), (4, 5, 0, 5), (1, 7, 6, 1), (12, 8, 3, 5), (3, 10, 2, 3), (33, 100, 64, 36)]]

    def transpose(h, w):
        return [y * w + x for x in range(w) for y in range(h)]

    def gather(n, m):
        return [r.randrange(n) for _ in range(m)]

    cases += [permute(r, *a) for a in [
        (8, [0], 1), (8, [1, 0], 2), (4, [0] * 3, 1), (8, transpose(3, 5), 15, 1), (8, transpose(8, 4), 32, 2), (3, list(range(6, -1, -1)), 7),
        (16, [4], 5), (5, gather(9, 4), 9, 2), (5, gather(4, 9), 4, 3), (1, gather(16, 17), 16, 0, 2), (33, gather(17, 16), 17, 1, 1),
        (8, [2, 0], 3), (8, [1, 1, 0], 2), (12, transpose(10, 10), 100, 2, 2)]]
    # The queue holds what the other way is late by: a frame and the latency of finnr_permute.
    cases += [fork_join(r, 8, list(range(n - 1, -1, -1)), n + 2) for n in (1, 2, 5, 16, 33)]
    return cases


def random_frames(r, n):
    cases = []
    for _ in range(n):
        def operand():
            kind = r.choice([UNSIGNED, SIGNED, BIPOLAR])
            return (1 if kind == BIPOLAR else r.randint(1, 12)), kind
        cases.append(pool(r, r.randint(1, 6), *operand(), r.randint(1, 12), r.randint(1, 12), r.randint(0, 1), 0, r.randint(0, 3)))
        cases.append(pool(r, r.randint(1, 6), *operand(), r.randint(1, 6), 1, r.randint(0, 1), simd=r.randint(2, 12)))
        a, b = operand(), operand()
        cases.append(join(r, r.randint(1, 6), *a, *b, r.randint(1, 40), r.randint(0, 1), r.choice([1, 1, -1, r.randint(-99, 99)]),
                          r.choice([1, 1, -1, r.randint(-99, 99)])))
        cases.append(concat(r, r.randint(1, 40), [r.randint(1, 12) for _ in range(r.randint(1, 5))]))
        period = r.randint(1, 30)
        first = r.randint(0, period - 1)
        cases.append(take(r, r.randint(1, 40), period, first, r.randint(1, period - first)))
        beats = r.randint(1, 40)
        cases.append(permute(r, r.randint(1, 40), [r.randrange(beats) for _ in range(r.randint(1, 40))], beats, r.randint(0, 3)))
    return cases


# Verilator builds. `form` builds with FINNR_NO_SIM_TWIN: the forms that are synthesised, of the modules with twins.
def group_cases(group, sweep, rng):
    if group == 'window':
        return windows(rng) + random_windows(rng, 150 if sweep == 'all' else 6)
    more = 25 if sweep == 'all' else 4
    if group == 'streams':
        return streams(rng) + random_streams(rng, more)
    if group == 'compute':
        return dots(rng) + threshold_cases(rng) + mvus(rng) + vvus(rng) + cores(rng) + random_compute(rng, more)
    if group == 'frames':
        return frames(rng) + random_frames(rng, more)
    return split_roms(rng) + cores(rng)[::2] + dots(rng)[::2] + threshold_cases(rng)[::2] + threshold_cases(rng)[15::2] + mvus(rng)[3::4] + vvus(rng)[2::4] + random_compute(rng, more)


# ---------------------------------------------------------------------------------------------- output

def write(path, text):
    if os.path.exists(path):
        with open(path) as f:
            if f.read() == text:
                return
    with open(path, 'w') as f:
        f.write(text)


def instance(case, sink, directory):
    i, p = case.index, case.params
    in_bits, out_bits = sum(case.in_bits), sum(case.out_bits)
    parameters = ['.%s(%d)' % (k, v) for k, v in p.items()]
    parameters += ['.%s(%s)' % kv for kv in case.text.items()]
    parameters += ['.%s("%s/c%d_%s.mem")' % (k, directory, i, k) for k in case.files]
    head = '  %s #(%s) c%d' % (case.module, ', '.join(parameters), i)
    v = dict(i=i, k=sink, x=p.get('Simd', 0) * p.get('XBits', 0), top=in_bits - 1, n=case.sinks - 1, out=out_bits - 1)
    if case.module == 'finnr_dot':
        return [
            '  assign s_ready_%(i)d = m_ready_%(k)d;' % v,
            '  assign m_valid_%(k)d = s_valid_%(i)d;' % v,
            head + ' (.x_i(s_data_%(i)d[%(x)d-1:0]), .w_i(s_data_%(i)d[%(top)d:%(x)d]), .y_o(m_data_%(k)d));' % v]
    if case.module == 'finnr_rom':
        return [
            '  logic v%(i)d;' % v,
            '  assign s_ready_%(i)d = !v%(i)d || m_ready_%(k)d;' % v,
            '  assign m_valid_%(k)d = v%(i)d;' % v,
            "  always_ff @(posedge clk_i) if (!rst_ni) v%(i)d <= 1'b0; else if (s_ready_%(i)d) v%(i)d <= s_valid_%(i)d;" % v,
            head + ' (.clk_i, .en_i(s_valid_%(i)d && s_ready_%(i)d), .addr_i(s_data_%(i)d), .data_o(m_data_%(k)d));' % v]
    if case.module == 'finnr_fork_join':
        p = dict(p, i=i, k=sink, file=directory)
        return [line % p for line in [
            '  logic [1:0] v%(i)d, r%(i)d;', '  logic [%(Width)d-1:0] d%(i)d, a%(i)d, b%(i)d;', '  logic av%(i)d, ar%(i)d, bv%(i)d, br%(i)d;',
            '  finnr_fork #(.Width(%(Width)d)) c%(i)d (.clk_i, .rst_ni, .s_valid_i(s_valid_%(i)d), .s_ready_o(s_ready_%(i)d), '
            '.s_data_i(s_data_%(i)d), .m_valid_o(v%(i)d), .m_ready_i(r%(i)d), .m_data_o(d%(i)d));',
            '  finnr_fifo #(.Width(%(Width)d), .Depth(%(Depth)d)) c%(i)d_a (.clk_i, .rst_ni, .s_valid_i(v%(i)d[0]), '
            '.s_ready_o(r%(i)d[0]), .s_data_i(d%(i)d), .m_valid_o(av%(i)d), .m_ready_i(ar%(i)d), .m_data_o(a%(i)d));',
            '  finnr_permute #(.Width(%(Width)d), .InBeats(%(Beats)d), .OutBeats(%(Beats)d), .File("%(file)s/c%(i)d_File.mem")) '
            'c%(i)d_b (.clk_i, .rst_ni, .s_valid_i(v%(i)d[1]), .s_ready_o(r%(i)d[1]), .s_data_i(d%(i)d), .m_valid_o(bv%(i)d), '
            '.m_ready_i(br%(i)d), .m_data_o(b%(i)d));',
            '  finnr_join #(.Lanes(1), .ABits(%(Width)d), .BBits(%(Width)d), .OutBits(%(Width)d + 1)) c%(i)d_c (.clk_i, .rst_ni, '
            '.a_valid_i(av%(i)d), .a_ready_o(ar%(i)d), .a_data_i(a%(i)d), .b_valid_i(bv%(i)d), .b_ready_o(br%(i)d), '
            '.b_data_i(b%(i)d), .m_valid_o(m_valid_%(k)d), .m_ready_i(m_ready_%(k)d), .m_data_o(m_data_%(k)d));']]
    names = case.source_names()
    many = {signal: ['s_%s_%s' % (signal, name) for name in names] for signal in ('valid', 'ready', 'data')}
    if case.module == 'finnr_join':
        return [head + ' (.clk_i, .rst_ni, %s, .m_valid_o(m_valid_%d), .m_ready_i(m_ready_%d), .m_data_o(m_data_%d));' % (
            ', '.join('.%s_valid_i(%s), .%s_ready_o(%s), .%s_data_i(%s)' % (a, many['valid'][k], a, many['ready'][k], a, many['data'][k])
                      for k, a in enumerate('ab')), sink, sink, sink)]
    if case.module == 'finnr_concat':
        of = {signal: '{%s}' % ', '.join(reversed(wires)) for signal, wires in many.items()}
        return [head + ' (.clk_i, .rst_ni, .s_valid_i(%s), .s_ready_o(%s), .s_data_i(%s), .m_valid_o(m_valid_%d), '
                '.m_ready_i(m_ready_%d), .m_data_o(m_data_%d));' % (of['valid'], of['ready'], of['data'], sink, sink, sink)]
    if case.module == 'finnr_fork':
        lines = ['  logic [%(n)d:0] v%(i)d, r%(i)d;' % v, '  logic [%(out)d:0] d%(i)d;' % v]
        for k in range(case.sinks):
            lines += ['  assign m_valid_%d = v%d[%d];' % (sink + k, i, k), '  assign r%d[%d] = m_ready_%d;' % (i, k, sink + k),
                      '  assign m_data_%d = d%d;' % (sink + k, i)]
        return lines + [head + ' (.clk_i, .rst_ni, .s_valid_i(s_valid_%(i)d), .s_ready_o(s_ready_%(i)d), .s_data_i(s_data_%(i)d), '
                        '.m_valid_o(v%(i)d), .m_ready_i(r%(i)d), .m_data_o(d%(i)d));' % v]
    return [head + ' (.clk_i, .rst_ni, .s_valid_i(s_valid_%(i)d), .s_ready_o(s_ready_%(i)d), .s_data_i(s_data_%(i)d), '
            '.m_valid_o(m_valid_%(k)d), .m_ready_i(m_ready_%(k)d), .m_data_o(m_data_%(k)d));' % v]


def core_parameters(case):
    """The finnr_core inside a case of finnr_mvu or finnr_vvu, as parameters of core_bench."""
    p = case.params
    per_lane = case.module == 'finnr_vvu'
    inputs = p['K'] if per_lane else p['Mw']
    pipeline = p.get('Pipeline', 0)
    preset = p['XKind'] == BIPOLAR == p['WKind'] and p.get('NumThresholds') == 1 and p['OutBits'] == 1 and not p.get('Search')
    core = {k: p[k] for k in ('Pe', 'Simd', 'XBits', 'XKind', 'WBits', 'WKind')}
    core['AccBits'] = 1 + max(p['AccBits'], p['ThrBits']) if preset else p['AccBits']
    core |= {'Beats': inputs // p['Simd'], 'PerLane': int(per_lane), 'Core': p.get('Core', 1), 'Preset': int(preset)}
    core['Registers'] = -(-(1 + clog2(p['Simd'])) // pipeline) if pipeline else 1
    return ' '.join('%s=%d' % item for item in core.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--group', choices=['streams', 'window', 'compute', 'frames', 'form'], required=True)
    parser.add_argument('--cores', action='store_true', help='only print the parameters of the cores of its units, for core_bench.sv')
    parser.add_argument('--sweep', choices=['default', 'all'], default='default')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--out')
    args = parser.parse_args()
    cases = group_cases(args.group, args.sweep, random.Random('%s %s %d' % (args.group, args.sweep, args.seed)))
    if args.cores:
        units = [case for case in cases if case.module in ('finnr_mvu', 'finnr_vvu')]
        print('\n'.join(sorted({core_parameters(case) for case in units})))
        return
    directory = os.path.abspath(args.out)
    os.makedirs(directory, exist_ok=True)

    body, ports, binds, table_text, sink = [], [], [], [], 0
    for index, case in enumerate(cases):
        case.index = index
        body += instance(case, sink, directory)
        for name, lanes in zip(case.source_names(), case.sources):
            ports.append('  input logic s_valid_%s, output logic s_ready_%s, input logic [%d:0] s_data_%s' % (
                name, name, sum(lanes) - 1, name))
            binds.append('  sources.push_back({&top.s_valid_%s, &top.s_ready_%s, &top.s_data_%s, sizeof(top.s_data_%s)});' % ((name,) * 4))
        for k in range(sink, sink + case.sinks):
            ports.append('  output logic m_valid_%d, input logic m_ready_%d, output logic [%d:0] m_data_%d' % (
                k, k, sum(case.out_bits) - 1, k))
            binds.append('  sinks.push_back({&top.m_valid_%d, &top.m_ready_%d, &top.m_data_%d, sizeof(top.m_data_%d)});' % ((k,) * 4))
        table_text.append('case %s %d %d %s' % (case.module, len(case.sources), case.sinks, ' '.join('%s=%d' % kv for kv in case.params.items())))
        for name, values in case.data.items():
            table_text.append('data %s %s' % (name, ' '.join(map(str, values))))
        for name, words in case.files.items():
            write('%s/c%d_%s.mem' % (directory, index, name),
                  ''.join('%0*x\n' % ((w.bits + 3) // 4, w.value) for w in words))
        sink += case.sinks
    top = ['// Written by make_sweep.py.', 'module finnr_sweep (', '  input logic clk_i, input logic rst_ni,', ',\n'.join(ports), ');']
    write(directory + '/finnr_sweep.sv', '\n'.join(top + body + ['endmodule']) + '\n')
    write(directory + '/sweep_ports.h', '\n'.join(
        ['// Written by make_sweep.py.', 'inline void BindPorts(Vfinnr_sweep& top, std::vector<Port>& sources, std::vector<Port>& sinks) {']
        + binds + ['}']) + '\n')
    write(directory + '/sweep.txt', '\n'.join(table_text) + '\n')


if __name__ == '__main__':
    main()
