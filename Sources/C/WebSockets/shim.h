#pragma once
#include <libwebsockets.h>

// Room that libwebsockets wants before every payload; the macro is one that Swift can't read.
enum { cws_prefix = LWS_PRE };

// Likewise a macro behind a macro.
enum { cws_no_renegotiation = (int)SSL_OP_NO_RENEGOTIATION };
