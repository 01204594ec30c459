#pragma once
#include <opus.h>

// Settings of coders are variadic in libopus.
static inline int opus_shim_set_bitrate(OpusEncoder *encoder, opus_int32 bits) { return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bits)); }
static inline int opus_shim_set_complexity(OpusEncoder *encoder, opus_int32 level) { return opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(level)); }
static inline int opus_shim_set_fec(OpusEncoder *encoder, opus_int32 on) { return opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(on)); }
static inline int opus_shim_set_loss(OpusEncoder *encoder, opus_int32 percent) { return opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(percent)); }
static inline int opus_shim_set_voice(OpusEncoder *encoder) { return opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)); }
static inline int opus_shim_set_narrowband(OpusEncoder *encoder) { return opus_encoder_ctl(encoder, OPUS_SET_MAX_BANDWIDTH(OPUS_BANDWIDTH_NARROWBAND)); }
static inline int opus_shim_reset_decoder(OpusDecoder *decoder) { return opus_decoder_ctl(decoder, OPUS_RESET_STATE); }
