package io.jubernetes.serviceproxy.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import java.util.Arrays;

/// A query as it came from a client.
///
/// @param message the whole of it
/// @param questionEnd where the question section ends in `message`
/// @param udpSize how long an answer by UDP may be
/// @param edns whether the client speaks EDNS, so that the answer carries an OPT record
/// @param ednsVersion the client's version of EDNS; only 0 exists so far
/// @param dnssec whether it wants signatures with what is forwarded
record Query(
        byte[] message,
        int id,
        boolean recursionDesired,
        Question question,
        int questionEnd,
        int udpSize,
        boolean edns,
        int ednsVersion,
        boolean dnssec) {
    static final int HEADER = 12;
    static final int PLAIN_UDP = 512;
    /// No answer by UDP is longer, whatever the client offers: longer ones would be cut into fragments.
    static final int LONGEST_UDP = 1232;

    /// A message is not a query this server answers. What cannot even be refused has the code NOERROR and is dropped.
    static final class Unanswerable extends Exception {
        private static final long serialVersionUID = 1L;

        private final Rcode code;

        Unanswerable(Rcode code) {
            super(code.name(), null, false, false); // somebody may send many of these
            this.code = code;
        }

        Rcode code() {
            return code;
        }
    }

    /// Reads a message.
    static Query parse(byte[] message) throws Unanswerable {
        if (message.length < HEADER || (message[2] & 0x80) != 0) {
            throw new Unanswerable(Rcode.NOERROR);
        }
        ByteBuf in = Unpooled.wrappedBuffer(message);
        int id = in.readUnsignedShort();
        int flags = in.readUnsignedShort();
        if ((flags >> 11 & 0xf) != 0) {
            throw new Unanswerable(Rcode.NOTIMP);
        }
        int questions = in.readUnsignedShort();
        int records = in.readUnsignedShort() + in.readUnsignedShort();
        int additional = in.readUnsignedShort();
        if (questions != 1) {
            throw new Unanswerable(Rcode.FORMERR);
        }
        try {
            var question = new Question(
                    DefaultDnsRecordDecoder.decodeName(in), in.readUnsignedShort(), in.readUnsignedShort());
            int questionEnd = in.readerIndex();
            int udpSize = PLAIN_UDP;
            boolean edns = false;
            int ednsVersion = 0;
            boolean dnssec = false;
            for (int i = 0; i < records + additional; i++) {
                DefaultDnsRecordDecoder.decodeName(in);
                int type = in.readUnsignedShort();
                int size = in.readUnsignedShort();
                long ttl = in.readUnsignedInt();
                in.skipBytes(in.readUnsignedShort());
                if (type == Type.OPT && i >= records) {
                    if (edns) {
                        throw new Unanswerable(Rcode.FORMERR);
                    }
                    ednsVersion = (int) (ttl >> 16 & 0xff);
                    edns = true;
                    udpSize = Math.clamp(size, PLAIN_UDP, LONGEST_UDP);
                    dnssec = (ttl & 0x8000) != 0;
                }
            }
            return new Query(
                    message, id, (flags & 0x100) != 0, question, questionEnd, udpSize, edns, ednsVersion, dnssec);
        } catch (DecoderException | IndexOutOfBoundsException | IllegalArgumentException _) {
            throw new Unanswerable(Rcode.FORMERR);
        }
    }

    /// The answer to a message that is not a query: its header with an error code.
    static byte[] refusal(byte[] message, Rcode code) {
        byte[] answer = Arrays.copyOf(message, HEADER);
        answer[2] = (byte) (answer[2] & 0x79 | 0x80); // a response, same operation, same wish for recursion
        answer[3] = (byte) code.code();
        Arrays.fill(answer, 4, HEADER, (byte) 0);
        return answer;
    }
}
