// SPDX-License-Identifier: Apache-2.0
//
// finnr_window: reads frames of an image and sends windows of it, out of a ring of rows. One module for convolution and
// pooling windows, padding, cropping, subsampling, nearest upsampling and spaced pixels.
//
// Order      Input: for y in H, x in W, c in Groups * Inner: a beat of Lanes elements.
//            Output: for oy in OH, ox in OW, g in Groups, ky in KH, kx in KW, i in Inner: the beat c = g * Inner + i of
//            the pixel at vy = oy * StrideH + ky * DilationH - PadTop, vx = ox * StrideW + kx * DilationW - PadLeft of
//            the virtual image. Groups = 1 is the order of a convolution, Inner = 1 that of a depthwise one.
// Tile       TileH * TileW kernel positions leave in one beat, in the same order: part of a kernel row (TileH = 1, TileW
//            divides KW) or whole kernel rows (TileW = KW, TileH divides KH), so that one beat can be a whole window. The
//            first position is in the low bits. Needs Inner = 1 and UpH = UpW = 1.
// Virtual    Repeat = 1: every pixel UpH x UpW times. Repeat = 0: pixels UpH, UpW apart, Fill between them. Outside the
//   image    virtual image is Fill in every element. A negative PadTop or PadLeft crops.
// Protocol   Both directions are cut by registers: no combinational path from s_* to m_* nor from m_ready_i to
//            s_ready_o. No output beat of a frame leaves before the first input beat of the frame has entered.
// Ring       Rows rows. A real pixel can be read from the cycle after it was written. The rows above an output row's
//            first real row are free from the cycle after the last beat of the output row before was read. Frames
//            overlap: the rows of the next frame follow. Rows must hold what one output row needs, from its first real
//            row on (least_rows in finnr/hardware/window.h), otherwise the unit waits for ever; an assertion says so.
// Latency    2 cycles from a pixel's entry to its first m_valid_o.
// Interval   max(input beats, output beats) of a frame with enough rows; exactly window_interval of
//            finnr/hardware/window.h for any number of rows.
// Resources  Memory of Rows * W * Groups * Inner beats of Style (see finnr_ram). Loop counters, column and row of the
//            window's corner and of the pixel, an adder for the address, a comparator for what is written, a table of
//            Rows row addresses. With padding a multiplexer with a constant behind the memory.
//            With a tile the same memory in RowBanks * ColumnBanks parts, of which no two positions of a tile meet:
//            row r of the ring lies in r mod RowBanks, the least divisor of Rows for which that holds, column x in
//            x mod ColumnBanks, the least power of two. Behind them, for every position, a multiplexer of ColumnBanks
//            for each row bank and one of RowBanks.
// Reset      Counters, positions and the output's valid only.

`include "finnr_assert.svh"

module finnr_window #(
  parameter `FINNR_UINT             H           = 5,
  parameter `FINNR_UINT             W           = 5,
  parameter `FINNR_UINT             Groups      = 1,
  parameter `FINNR_UINT             Inner       = 1,
  parameter `FINNR_UINT             KH          = 3,
  parameter `FINNR_UINT             KW          = 3,
  parameter `FINNR_UINT             StrideH     = 1,
  parameter `FINNR_UINT             StrideW     = 1,
  parameter `FINNR_UINT             DilationH   = 1,
  parameter `FINNR_UINT             DilationW   = 1,
  parameter `FINNR_UINT             UpH         = 1,
  parameter `FINNR_UINT             UpW         = 1,
  parameter `FINNR_UINT             Repeat      = 0,
  parameter int                     PadTop      = 1,
  parameter int                     PadLeft     = 1,
  parameter `FINNR_UINT             OH          = 5,
  parameter `FINNR_UINT             OW          = 5,
  parameter `FINNR_UINT             TileH       = 1,
  parameter `FINNR_UINT             TileW       = 1,
  parameter `FINNR_UINT             Rows        = 4,
  parameter `FINNR_UINT             Style       = 0,
  parameter `FINNR_UINT             Lanes       = 1,
  parameter `FINNR_UINT             ElementBits = 8,
  parameter logic [ElementBits-1:0] Fill        = '0
) (
  input  logic                                     clk_i,
  input  logic                                     rst_ni,
  input  logic                                     s_valid_i,
  output logic                                     s_ready_o,
  input  logic [Lanes*ElementBits-1:0]             s_data_i,
  output logic                                     m_valid_o,
  input  logic                                     m_ready_i,
  output logic [TileH*TileW*Lanes*ElementBits-1:0] m_data_o
);

  logic rst;

  finnr_reset u_reset (.rst_ni(rst_ni), .rst_o(rst));

  `FINNR_CHECK(gen_check_image, H >= 1 && W >= 1 && Groups >= 1 && Inner >= 1, "finnr_window: the image must not be empty")
  `FINNR_CHECK(gen_check_output, OH >= 1 && OW >= 1, "finnr_window: OH and OW must be at least 1")
  `FINNR_CHECK(gen_check_kernel, KH >= 1 && KW >= 1, "finnr_window: KH and KW must be at least 1")
  `FINNR_CHECK(gen_check_step, StrideH >= 1 && StrideW >= 1 && DilationH >= 1 && DilationW >= 1 && UpH >= 1 && UpW >= 1,
               "finnr_window: strides, dilations and factors must be at least 1")
  `FINNR_CHECK(gen_check_repeat, Repeat <= 1, "finnr_window: Repeat must be 0 or 1")
  `FINNR_CHECK(gen_check_tile, TileH >= 1 && TileW >= 1 && KH % TileH == 0 && KW % TileW == 0 && (TileH == 1 || TileW == KW),
               "finnr_window: a tile is part of a kernel row, or whole kernel rows")
  `FINNR_CHECK(gen_check_tiled, TileH * TileW == 1 || (Inner == 1 && UpH == 1 && UpW == 1),
               "finnr_window: a tile needs Inner, UpH and UpW of 1")
  `FINNR_CHECK(gen_check_rows, Rows >= 1, "finnr_window: Rows must be at least 1")
  `FINNR_CHECK(gen_check_style, Style <= 3, "finnr_window: Style must be 0 to 3")
  `FINNR_CHECK(gen_check_bits, Lanes >= 1 && ElementBits >= 1, "finnr_window: Lanes and ElementBits must be at least 1")

  function automatic int floor_div(input int a, input int b);
    floor_div = (a >= 0) ? a / b : -((b - 1 - a) / b);
  endfunction
  function automatic int mod(input int a, input int b);
    mod = a - floor_div(a, b) * b;
  endfunction
  function automatic int larger(input int a, input int b);
    larger = (a > b) ? a : b;
  endfunction
  function automatic int bits(input int last);  // of a counter 0 .. last
    bits = (last >= 1) ? $clog2(last + 1) : 1;
  endfunction
  function automatic int clamp(input int a, input int hi);
    clamp = (a < 0) ? 0 : (a > hi) ? hi : a;
  endfunction

  // Whether positions `step` apart, `count` of them, can meet in one of `banks` banks; those `size` apart are never read at once.
  function automatic int meet(input int banks, input int step, input int count, input int size);
    int n;
    meet = 0;
    for (n = 1; n < count; n = n + 1) if (n * step < size && n * step % banks == 0) meet = 1;
  endfunction
  function automatic int row_banks(input int rows, input int step, input int count);
    row_banks = 1;
    while (rows % row_banks != 0 || meet(row_banks, step, count, rows) != 0) row_banks = row_banks + 1;
  endfunction
  function automatic int column_banks(input int step, input int count, input int size);
    column_banks = 1;
    while (meet(column_banks, step, count, size) != 0) column_banks = 2 * column_banks;
  endfunction

  // A virtual coordinate v is split into the real one, floor(v / Up), and the phase, v mod Up. Steps are split likewise.
  localparam int Width = Lanes * ElementBits;
  localparam int Hi    = H;
  localparam int Ri    = Rows;
  localparam int GroupsI = Groups;
  localparam bit Tiled = TileH * TileW > 1;
  localparam int Cols  = Tiled ? column_banks(DilationW, TileW, W) : 1;  // banks
  localparam int Beats = Tiled ? 1 : Groups * Inner;  // of a pixel; in a tile the group is counted apart
  localparam int Part  = Inner;                       // of a group
  localparam int Next  = Tiled ? 0 : Inner;           // to the next group
  localparam int Line  = W * Beats;                   // beats of a row
  localparam int UY    = UpH;
  localparam int UX    = UpW;
  localparam int KyV   = TileH * DilationH;           // virtual steps
  localparam int KxV   = TileW * DilationW;
  localparam int OyV   = StrideH;
  localparam int OxV   = StrideW;
  localparam int LastV = (OH - 1) * StrideH;                            // virtual row of the last window's top, without padding
  localparam int DeepV = LastV + (KH - 1) * DilationH;                  // and of its bottom
  localparam int WideV = (OW - 1) * StrideW + (KW - 1) * DilationW;
  localparam int EndY  = (Repeat != 0) ? H * UpH : (H - 1) * UpH + 1;          // size of the virtual image
  localparam int EndX  = (Repeat != 0) ? W * UpW : (W - 1) * UpW + 1;
  localparam bit GapY  = Repeat == 0 && UpH > 1;
  localparam bit GapX  = Repeat == 0 && UpW > 1;
  localparam bit PadY  = GapY || PadTop > 0 || DeepV - PadTop >= EndY;  // some row of some window is padding
  localparam bit PadX  = GapX || PadLeft > 0 || WideV - PadLeft >= EndX;

  // Rows and columns are kept with an offset, so that they are never negative; columns are in beats. The offset of columns is a
  // multiple of their banks. Without padding rows are kept relative to the window's top (Follow), which then stands still: a
  // few bits count how far writing is ahead.
  localparam bit Follow  = !PadY && !PadX;
  localparam int TopQ    = floor_div(-PadTop, UY);
  localparam int TopR    = mod(-PadTop, UY);
  localparam int LeftQ   = floor_div(-PadLeft, UX);
  localparam int LeftR   = mod(-PadLeft, UX);
  localparam int LastQ   = floor_div(LastV - PadTop, UY);
  localparam int BottomQ = floor_div(DeepV - PadTop, UY);
  localparam int Behind  = (UY == 1) ? OyV - (BottomQ - LastQ) : OyV / UY + 1;  // a window's top can pass the written rows by that
  localparam int ZeroY   = Follow ? larger(Hi - BottomQ, Behind) : larger(Hi, -TopQ);
  localparam int ZeroX   = (larger(0, -LeftQ * Beats) + Cols - 1) / Cols * Cols;
  localparam int RightQ  = floor_div(WideV - PadLeft, UX);
  localparam int YBits   = bits(ZeroY + (Follow ? TopQ + larger(BottomQ - LastQ, Ri) + 1 : larger(BottomQ + 1, Hi + Ri)));
  localparam int XBits   = bits(ZeroX + larger(RightQ * Beats + Beats - 1, Line));
  localparam int YrBits  = bits(UY - 1);
  localparam int XrBits  = bits(UX - 1);
  localparam int Base    = clamp(TopQ + ((GapY && TopR != 0) ? 1 : 0), Hi);  // first real row of the first output row

  localparam int SlotBits = bits(Ri - 1);
  // Slots from the last output row of a frame to the first one of the next.
  localparam int SlotBack = mod(Hi + TopQ - LastQ, Ri);

  localparam int IBits  = bits(Inner - 1);
  localparam int KxLast = KW / TileW - 1;
  localparam int KyLast = KH / TileH - 1;
  localparam int KxBits = bits(KxLast);
  localparam int KyBits = bits(KyLast);
  localparam int GBits  = bits(Groups - 1);
  localparam int OxBits = bits(OW - 1);
  localparam int OyBits = bits(OH - 1);
  // Corner of the last group of an output row's last window.
  localparam int EndCornerX = ZeroX + (LeftQ + (OW - 1) * OxV) * Beats + (GroupsI - 1) * Next;

  // The slots that follow all slots after a step that is known: tables, because adders of few bits are large.
  function automatic bit [Rows*SlotBits-1:0] slots_after(input int step);
    int r;
    slots_after = '0;
    for (r = 0; r < Ri; r = r + 1) slots_after[r*SlotBits +: SlotBits] = SlotBits'(mod(r + step, Ri));
  endfunction
  function automatic logic [SlotBits-1:0] slot_of(input bit [Rows*SlotBits-1:0] slots, input logic [SlotBits-1:0] slot);
    slot_of = slots[32'(slot)*SlotBits +: SlotBits];
  endfunction
  localparam bit [Rows*SlotBits-1:0] AfterKy      = slots_after(KyV / UY);
  localparam bit [Rows*SlotBits-1:0] AfterKyCarry = slots_after(KyV / UY + 1);
  localparam bit [Rows*SlotBits-1:0] AfterOy      = slots_after(OyV / UY);
  localparam bit [Rows*SlotBits-1:0] AfterOyCarry = slots_after(OyV / UY + 1);
  localparam bit [Rows*SlotBits-1:0] AfterFrame   = slots_after(SlotBack);

  function automatic logic [SlotBits-1:0] slot_after(input logic [SlotBits-1:0] slot, input logic [SlotBits-1:0] step);
    logic [SlotBits:0] sum;
    sum = {1'b0, slot} + {1'b0, step};
    if (sum >= (SlotBits+1)'(Ri)) sum = sum - (SlotBits+1)'(Ri);
    slot_after = SlotBits'(sum);
  endfunction

  // Write side. Rows count from the first row of the frame that is being read.
  logic [YBits-1:0]    wr_y_q;
  logic [XBits-1:0]    wr_x_q;
  logic [YBits-1:0]    limit_q;  // first row that has no room
  logic                push;
  logic                wr_turn;  // the pixel is complete
  logic                wr_last;  // and the row

  // Read side: loop counters, the corner of the window (first element of the group) and the pixel.
  logic [IBits-1:0]    i_q;
  logic [KxBits-1:0]   kx_q;
  logic [KyBits-1:0]   ky_q;
  logic [GBits-1:0]    g_q;
  logic [OxBits-1:0]   ox_q;
  logic [OyBits-1:0]   oy_q;
  logic [XBits-1:0]    corner_x_q, x_q, corner_x, kx_x, step_kx, step_ox;
  logic [XrBits-1:0]   corner_xr_q, xr_q, corner_xr, kx_xr;
  logic [YBits-1:0]    corner_y_q, y_q, corner_y, ky_y;
  logic [YrBits-1:0]   corner_yr_q, yr_q, corner_yr, ky_yr;
  logic [SlotBits-1:0] corner_slot_q, slot_q, corner_slot, ky_slot;
  logic [YBits-1:0]    base, top, limit, passed, gained;
  logic                turn;     // the last beat of an output row is read
  logic                last_i, last_kx, last_ky, last_g, last_ox, last_oy;
  logic                end_kx, end_ky, end_g, end_ox;
  logic                carry_kx, carry_ky, carry_ox, carry_oy;
  logic                ready;    // every real pixel of the beat is written
  logic                enough;   // and the ring can hold them
  logic                started, available, read;
  logic                valid_q;

  assign wr_last   = wr_turn && (wr_x_q == XBits'(ZeroX + Line - 1));
  assign top       = Follow ? YBits'(ZeroY + TopQ) : corner_y_q;
  assign limit     = Follow ? YBits'(ZeroY + TopQ + Ri) : limit_q;
  assign s_ready_o = (wr_y_q < limit);
  assign push      = s_valid_i && s_ready_o;

  assign last_i  = (Inner == 1)  || (i_q  == IBits'(Inner - 1));
  assign last_kx = (KxLast == 0) || (kx_q == KxBits'(KxLast));
  assign last_ky = (KyLast == 0) || (Follow && UY == 1 ? y_q == YBits'(ZeroY + TopQ + KyLast * KyV) : ky_q == KyBits'(KyLast));
  assign last_g  = (Groups == 1) || (g_q  == GBits'(Groups - 1));
  // Where the position tells it, the counter is not needed (of columns: asked for a window's last group only).
  assign last_ox = (UX == 1) ? (corner_x_q == XBits'(EndCornerX)) : (ox_q == OxBits'(OW - 1));
  assign last_oy = (UY == 1 && !Follow) ? (corner_y_q == YBits'(ZeroY + LastQ)) : (oy_q == OyBits'(OH - 1));
  assign end_kx  = last_i && last_kx;
  assign end_ky  = end_kx && last_ky;
  assign end_g   = end_ky && last_g;
  assign end_ox  = end_g && last_ox;

  // The next beat of the pixel, or the next column of the kernel.
  assign carry_kx = UX > 1 && (32'(xr_q) + 32'(KxV % UX) >= 32'(UX));
  assign step_kx  = carry_kx ? XBits'((KxV / UX + 1) * Beats - (Part - 1)) : XBits'((KxV / UX) * Beats - (Part - 1));
  assign kx_x     = x_q + (last_i ? step_kx : XBits'(1));
  assign kx_xr    = xr_q + XrBits'(KxV % UX) - (carry_kx ? XrBits'(UX) : '0);

  // The next row of the kernel.
  assign carry_ky = UY > 1 && (32'(yr_q) + 32'(KyV % UY) >= 32'(UY));
  assign ky_y     = y_q + (carry_ky ? YBits'(KyV / UY + 1) : YBits'(KyV / UY));
  assign ky_yr    = yr_q + YrBits'(KyV % UY) - (carry_ky ? YrBits'(UY) : '0);
  assign ky_slot  = slot_of(carry_ky ? AfterKyCarry : AfterKy, slot_q);

  // The next group of this window, or the next window of this output row.
  assign carry_ox = UX > 1 && (32'(corner_xr_q) + 32'(OxV % UX) >= 32'(UX));
  assign step_ox  = carry_ox ? XBits'((OxV / UX + 1) * Beats - (Beats - Part)) : XBits'((OxV / UX) * Beats - (Beats - Part));
  always_comb begin
    corner_x  = corner_x_q + (last_g ? step_ox : XBits'(Next));
    corner_xr = corner_xr_q;
    if (last_g) corner_xr = corner_xr_q + XrBits'(OxV % UX) - (carry_ox ? XrBits'(UX) : '0);
    if (last_g && last_ox) begin
      corner_x  = XBits'(ZeroX + LeftQ * Beats);
      corner_xr = XrBits'(LeftR);
    end
  end

  // The next output row.
  assign carry_oy = UY > 1 && (32'(corner_yr_q) + 32'(OyV % UY) >= 32'(UY));
  always_comb begin
    corner_y    = corner_y_q + (carry_oy ? YBits'(OyV / UY + 1) : YBits'(OyV / UY));
    corner_yr   = corner_yr_q + YrBits'(OyV % UY) - (carry_oy ? YrBits'(UY) : '0);
    corner_slot = slot_of(last_oy ? AfterFrame : carry_oy ? AfterOyCarry : AfterOy, corner_slot_q);
    if (last_oy) begin
      corner_y  = YBits'(ZeroY + TopQ);
      corner_yr = YrBits'(TopR);
    end
    if (Follow) corner_y = top;
    // Its first real row; the rows above are free.
    base = corner_y + ((GapY && corner_yr != '0) ? YBits'(1) : '0);
    if (TopQ < 0 && base < YBits'(ZeroY)) base = YBits'(ZeroY);
    if (LastQ + 1 > Hi && base > YBits'(ZeroY + Hi)) base = YBits'(ZeroY + Hi);
  end

  // Rows that the origin moves down, and by how many rows writing moves away from it: a choice among constants, which leaves one adder.
  always_comb begin
    turn   = read && end_ox;
    passed = carry_oy ? YBits'(OyV / UY + 1) : YBits'(OyV / UY);
    if (!Follow) passed = '0;
    if (last_oy) passed = Follow ? YBits'(Hi + TopQ - LastQ) : YBits'(Hi);
    case ({turn, push && wr_last})
      2'b00:   gained = '0;
      2'b01:   gained = YBits'(1);
      2'b10:   gained = -passed;
      default: gained = YBits'(1) - passed;
    endcase
  end

  assign available = started && ready;
  assign read      = available && (!valid_q || m_ready_i);

  always_ff @(posedge clk_i) begin
    if (rst) begin
      wr_y_q  <= YBits'(ZeroY);
      limit_q <= YBits'(ZeroY + Base + Ri);
    end else begin
      wr_y_q <= gained + wr_y_q;
      if (turn) limit_q <= base + YBits'(Ri);
    end
    // Counters go back to where they begin as in a reset, which needs no logic in front of their registers.
    if (rst || (push && wr_last)) wr_x_q <= XBits'(ZeroX);
    else if (push && wr_turn) wr_x_q <= wr_x_q + 1'b1;
    if (rst || (read && last_i)) i_q <= '0;
    else if (read) i_q <= i_q + 1'b1;
    if (rst || (read && end_kx)) kx_q <= '0;
    else if (read && last_i) kx_q <= kx_q + 1'b1;
    if (rst || (read && end_ky)) ky_q <= '0;
    else if (read && end_kx) ky_q <= ky_q + 1'b1;
    if (rst || (read && end_g)) g_q <= '0;
    else if (read && end_ky) g_q <= g_q + 1'b1;
    if (rst || turn) ox_q <= '0;
    else if (read && end_g) ox_q <= ox_q + 1'b1;
    if (rst || (turn && last_oy)) oy_q <= '0;
    else if (turn) oy_q <= oy_q + 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (rst) begin
      valid_q       <= 1'b0;
      corner_x_q    <= XBits'(ZeroX + LeftQ * Beats);
      corner_xr_q   <= XrBits'(LeftR);
      corner_y_q    <= YBits'(ZeroY + TopQ);
      corner_yr_q   <= YrBits'(TopR);
      corner_slot_q <= SlotBits'(mod(TopQ, Ri));
      x_q           <= XBits'(ZeroX + LeftQ * Beats);
      xr_q          <= XrBits'(LeftR);
      y_q           <= YBits'(ZeroY + TopQ);
      yr_q          <= YrBits'(TopR);
      slot_q        <= SlotBits'(mod(TopQ, Ri));
    end else begin
      if (!valid_q || m_ready_i) valid_q <= available;
      if (read) begin
        if (!last_i) begin
          x_q <= kx_x;
        end else if (!last_kx) begin
          x_q  <= kx_x;
          xr_q <= kx_xr;
        end else if (!last_ky) begin
          x_q    <= corner_x_q;
          xr_q   <= corner_xr_q;
          y_q    <= ky_y;
          yr_q   <= ky_yr;
          slot_q <= ky_slot;
        end else begin
          x_q         <= corner_x;
          xr_q        <= corner_xr;
          corner_x_q  <= corner_x;
          corner_xr_q <= corner_xr;
          if (!end_ox) begin
            y_q    <= top;
            yr_q   <= corner_yr_q;
            slot_q <= corner_slot_q;
          end else begin
            y_q           <= corner_y;
            yr_q          <= corner_yr;
            slot_q        <= corner_slot;
            corner_y_q    <= corner_y;
            corner_yr_q   <= corner_yr;
            corner_slot_q <= corner_slot;
          end
        end
      end
    end
  end

  if (!Tiled) begin : gen_pixel
    localparam int AddrBits = bits(Ri * Line - 1);

    logic                pad, written;
    logic [AddrBits-1:0] addr, wr_addr_q;
    logic [Width-1:0]    data_q;

    assign wr_turn = 1'b1;
    assign started = Follow || ({wr_y_q, wr_x_q} > {YBits'(ZeroY), XBits'(ZeroX)});
    assign written = ({y_q, x_q} < {wr_y_q, wr_x_q});
    assign ready   = pad || written;
    assign enough  = pad || y_q < limit;

    if (PadY || PadX) begin : gen_padded
      assign pad = (PadY && (y_q < YBits'(ZeroY) || y_q >= YBits'(ZeroY + Hi) || (GapY && yr_q != '0)))
                || (PadX && (x_q < XBits'(ZeroX) || x_q >= XBits'(ZeroX + Line) || (GapX && xr_q != '0)));
    end else begin : gen_whole
      assign pad = 1'b0;
    end

    // Address of the pixel: its row, and its column without the offset.
    if (Rows > 1) begin : gen_rows
      logic [AddrBits-1:0] row_addr [0:Rows-1];
      initial for (int r = 0; r < Ri; r++) row_addr[r] = AddrBits'(r * Line - ZeroX);
      assign addr = row_addr[slot_q] + AddrBits'(x_q);
    end else begin : gen_row
      assign addr = AddrBits'(x_q) - AddrBits'(ZeroX);
    end

    always_ff @(posedge clk_i) begin
      if (rst || (push && wr_addr_q == AddrBits'(Ri * Line - 1))) wr_addr_q <= '0;
      else if (push) wr_addr_q <= wr_addr_q + 1'b1;
    end

    finnr_ram #(.Width(Width), .Depth(Ri*Line), .Style(Style)) u_ram (
      .clk_i    (clk_i),
      .wr_en_i  (push),
      .wr_addr_i(wr_addr_q),
      .wr_data_i(s_data_i),
      .rd_en_i  (read && !pad),
      .rd_addr_i(addr),
      .rd_data_o(data_q)
    );

    if (PadY || PadX) begin : gen_fill
      logic pad_q;
      always_ff @(posedge clk_i) if (read) pad_q <= pad;
      assign m_data_o = pad_q ? {Lanes{Fill}} : data_q;
    end else begin : gen_plain
      assign m_data_o = data_q;
    end
  end else begin : gen_tile
    localparam int RowBanks  = row_banks(Ri, DilationH, TileH);
    localparam int Deep      = (W + Cols - 1) / Cols;         // columns of a row in a bank
    localparam int Depth     = Ri / RowBanks * Groups * Deep;  // words of a bank: for row, for group, for column
    localparam int AddrBits  = bits(Depth - 1);
    localparam int RBits     = bits(RowBanks - 1);
    localparam int CBits     = bits(Cols - 1);
    localparam int TH        = TileH;
    localparam int TW        = TileW;
    localparam int StepH     = DilationH;
    localparam int StepW     = DilationW;

    // Where the rows of the ring lie.
    logic [RBits-1:0]    bank_of [0:Rows-1];
    logic [AddrBits-1:0] addr_of [0:Rows-1];
    initial for (int r = 0; r < Ri; r++) begin
      bank_of[r] = RBits'(r % RowBanks);
      addr_of[r] = AddrBits'(r / RowBanks * GroupsI * Deep);
    end

    function automatic logic [CBits-1:0] bank_of_column(input logic [XBits-1:0] x);
      bank_of_column = CBits'(32'(x) % 32'(Cols));
    endfunction
    function automatic logic [AddrBits-1:0] addr_of_column(input logic [XBits-1:0] x);
      addr_of_column = AddrBits'((32'(x) - 32'(ZeroX)) / 32'(Cols));
    endfunction

    logic [GBits-1:0]    wr_g_q;
    logic [SlotBits-1:0] wr_slot_q;
    logic [AddrBits-1:0] wr_addr;
    // The rows and columns of the tile: real ones, whether all of them are written, and where they are.
    logic [TH-1:0]       real_y;
    logic [TW-1:0]       real_x;
    logic                rows_in, row_open, columns_in;
    logic [TH*RBits-1:0] row_bank;
    logic [TW*CBits-1:0] column_bank;
    logic [RowBanks-1:0] row_hit;  // by bank: whether it is read, and at which address
    logic [Cols-1:0]     column_hit;
    logic [AddrBits-1:0] row_at [0:RowBanks-1];
    logic [AddrBits-1:0] column_at [0:Cols-1];

    assign wr_turn = (wr_g_q == GBits'(Groups - 1));
    assign started = Follow || ({wr_y_q, wr_x_q, wr_g_q} > {YBits'(ZeroY), XBits'(ZeroX), GBits'(0)});

    always_comb begin : rows_of_tile
      logic [YBits-1:0]    y;
      logic [SlotBits-1:0] slot;
      rows_in  = 1'b1;
      row_open = 1'b0;
      enough   = 1'b1;
      row_hit  = '0;
      for (int b = 0; b < RowBanks; b++) row_at[b] = '0;
      for (int n = 0; n < TH; n++) begin
        y         = y_q + YBits'(n * StepH);
        slot      = slot_after(slot_q, SlotBits'(mod(n * StepH, Ri)));
        real_y[n] = !PadY || (YBits'(y - YBits'(ZeroY)) < YBits'(Hi));  // what is above wraps around
        row_bank[n*RBits +: RBits] = bank_of[slot];
        if (real_y[n]) begin
          if (y > wr_y_q) rows_in = 1'b0;
          if (y == wr_y_q) row_open = 1'b1;
          if (y >= limit) enough = 1'b0;
          for (int b = 0; b < RowBanks; b++) begin
            if (bank_of[slot] == RBits'(b)) begin
              row_hit[b] = 1'b1;
              row_at[b]  = row_at[b] | addr_of[slot];
            end
          end
        end
      end
    end

    always_comb begin : columns_of_tile
      logic [XBits-1:0] x;
      columns_in = 1'b1;
      column_hit = '0;
      for (int b = 0; b < Cols; b++) column_at[b] = '0;
      for (int n = 0; n < TW; n++) begin
        x         = x_q + XBits'(n * StepW);
        real_x[n] = !PadX || (XBits'(x - XBits'(ZeroX)) < XBits'(Line));
        column_bank[n*CBits +: CBits] = bank_of_column(x);
        if (real_x[n]) begin
          if ({x, g_q} >= {wr_x_q, wr_g_q}) columns_in = 1'b0;
          for (int b = 0; b < Cols; b++) begin
            if (bank_of_column(x) == CBits'(b)) begin
              column_hit[b] = 1'b1;
              column_at[b]  = column_at[b] | addr_of_column(x);
            end
          end
        end
      end
    end

    assign ready   = (real_y == '0) || (real_x == '0) || (rows_in && (!row_open || columns_in));
    assign wr_addr = addr_of[wr_slot_q] + AddrBits'(32'(wr_g_q) * 32'(Deep)) + addr_of_column(wr_x_q);

    always_ff @(posedge clk_i) begin
      if (rst) begin
        wr_g_q    <= '0;
        wr_slot_q <= '0;
      end else begin
        if (push) wr_g_q <= wr_turn ? '0 : wr_g_q + 1'b1;
        if (push && wr_last) wr_slot_q <= slot_after(wr_slot_q, SlotBits'(mod(1, Ri)));
      end
    end

    logic [Width-1:0] data_q [0:RowBanks*Cols-1];
    for (genvar r = 0; r < RowBanks; r++) begin : gen_bank
      for (genvar c = 0; c < Cols; c++) begin : gen_column
        finnr_ram #(.Width(Width), .Depth(Depth), .Style(Style)) u_ram (
          .clk_i    (clk_i),
          .wr_en_i  (push && bank_of[wr_slot_q] == RBits'(r) && bank_of_column(wr_x_q) == CBits'(c)),
          .wr_addr_i(wr_addr),
          .wr_data_i(s_data_i),
          .rd_en_i  (read && row_hit[r] && column_hit[c]),
          .rd_addr_i(row_at[r] + AddrBits'(32'(g_q) * 32'(Deep)) + column_at[c]),
          .rd_data_o(data_q[r*Cols+c])
        );
      end
    end

    // Behind the memories: the word of each position, from the banks of its row and its column.
    logic [TH-1:0]       real_y_q;
    logic [TW-1:0]       real_x_q;
    logic [TH*RBits-1:0] row_bank_q;
    logic [TW*CBits-1:0] column_bank_q;
    always_ff @(posedge clk_i) begin
      if (read) begin
        real_y_q      <= real_y;
        real_x_q      <= real_x;
        row_bank_q    <= row_bank;
        column_bank_q <= column_bank;
      end
    end
    for (genvar i = 0; i < TH; i++) begin : gen_row
      for (genvar j = 0; j < TW; j++) begin : gen_position
        logic [Width-1:0] of_bank [0:RowBanks-1];
        for (genvar r = 0; r < RowBanks; r++) begin : gen_select
          logic [Width-1:0] of_column [0:Cols-1];
          for (genvar c = 0; c < Cols; c++) begin : gen_wire
            assign of_column[c] = data_q[r*Cols+c];
          end
          assign of_bank[r] = of_column[column_bank_q[j*CBits +: CBits]];
        end
        assign m_data_o[(i*TW+j)*Width +: Width] =
            ((PadY || PadX) && !(real_y_q[i] && real_x_q[j])) ? {Lanes{Fill}} : of_bank[row_bank_q[i*RBits +: RBits]];
      end
    end
  end

  assign m_valid_o = valid_q;

  `FINNR_ASSERT(rows_enough, enough)
  `FINNR_STREAM(s_stream, s_valid_i, s_ready_o, s_data_i)
  `FINNR_STREAM(m_stream, m_valid_o, m_ready_i, m_data_o)

endmodule
