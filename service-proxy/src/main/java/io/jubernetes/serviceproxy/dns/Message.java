package io.jubernetes.serviceproxy.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Reads and adapts another server's response.
final class Message {
    private Message() {}

    static int code(byte[] message) {
        return message[3] & 0xf;
    }

    static boolean isTruncated(byte[] message) {
        return (message[2] & 0x02) != 0;
    }

    /// For how many seconds it may be kept: the smallest time to live of its records, and if it denies, no longer than
    /// the zone's authority says (RFC 2308). Empty when nothing tells.
    static OptionalInt keepable(byte[] message) {
        ByteBuf buffer = Unpooled.wrappedBuffer(message);
        return ttls(message).stream()
                .flatMapToInt(at -> {
                    int ttl = buffer.getInt(at);
                    // The type is before the class, and the denial's time is the last of an SOA record's numbers.
                    boolean authority = buffer.getUnsignedShort(at - 4) == Type.SOA && buffer.getUnsignedShort(6) == 0;
                    int end = at + 6 + buffer.getUnsignedShort(at + 4);
                    return authority ? IntStream.of(ttl, buffer.getInt(end - 4)) : IntStream.of(ttl);
                })
                .filter(ttl -> ttl >= 0)
                .min();
    }

    /// A copy for another query: its id, its spelling of the question, times to live `age` seconds smaller.
    static byte[] adapt(byte[] message, Query query, int age) {
        byte[] copy = message.clone();
        copy[0] = (byte) (query.id() >> 8);
        copy[1] = (byte) query.id();
        boolean repeats = copy[5] == 1 && copy.length >= query.questionEnd();
        if (repeats) {
            System.arraycopy(query.message(), Query.HEADER, copy, Query.HEADER, query.questionEnd() - Query.HEADER);
        }
        copy[2] = (byte) (copy[2] & 0xfe | (query.recursionDesired() ? 1 : 0));
        copy[3] = (byte) (copy[3] | 0x80);
        if (age > 0) {
            ByteBuf buffer = Unpooled.wrappedBuffer(copy);
            ttls(copy).forEach(at -> buffer.setInt(at, Math.max(0, buffer.getInt(at) - age)));
        }
        return copy;
    }

    /// The answer for a client that cannot take this long a message: only the question, marked as truncated.
    static byte[] truncate(byte[] message, Query query) {
        byte[] cut = java.util.Arrays.copyOf(query.message(), query.questionEnd());
        cut[2] = (byte) (message[2] | 0x02);
        cut[3] = message[3];
        cut[4] = 0;
        cut[5] = 1;
        java.util.Arrays.fill(cut, 6, Query.HEADER, (byte) 0);
        return cut;
    }

    /// The addresses and aliases among a message's answers; none when it cannot be read.
    static List<ResourceRecord> answers(byte[] message) {
        var found = new ArrayList<ResourceRecord>();
        ByteBuf in = Unpooled.wrappedBuffer(message);
        try {
            int answers = in.getUnsignedShort(6);
            skipQuestions(in);
            for (int i = 0; i < answers; i++) {
                String name = DefaultDnsRecordDecoder.decodeName(in);
                int type = in.readUnsignedShort();
                in.skipBytes(2);
                int ttl = Math.max(0, in.readInt());
                int length = in.readUnsignedShort();
                int next = in.readerIndex() + length;
                if (type == Type.CNAME) {
                    String target = DefaultDnsRecordDecoder.decodeName(in);
                    found.add(new ResourceRecord(name, ttl, new ResourceRecord.Pointer(Type.CNAME, target)));
                } else if ((type == Type.A && length == 4) || (type == Type.AAAA && length == 16)) {
                    byte[] address = new byte[length];
                    in.readBytes(address);
                    found.add(new ResourceRecord(
                            name, ttl, new ResourceRecord.Address(InetAddress.getByAddress(address))));
                }
                in.readerIndex(next);
            }
            return found;
        } catch (DecoderException | IndexOutOfBoundsException | IllegalArgumentException | UnknownHostException _) {
            return List.of();
        }
    }

    /// Where the times to live are; the OPT record has none.
    private static List<Integer> ttls(byte[] message) {
        var found = new ArrayList<Integer>();
        ByteBuf in = Unpooled.wrappedBuffer(message);
        try {
            int records = in.getUnsignedShort(6) + in.getUnsignedShort(8) + in.getUnsignedShort(10);
            skipQuestions(in);
            for (int i = 0; i < records; i++) {
                DefaultDnsRecordDecoder.decodeName(in);
                int type = in.readUnsignedShort();
                in.skipBytes(2);
                if (type != Type.OPT) {
                    found.add(in.readerIndex());
                }
                in.skipBytes(4);
                in.skipBytes(in.readUnsignedShort());
            }
        } catch (DecoderException | IndexOutOfBoundsException | IllegalArgumentException _) {
            return List.of();
        }
        return found;
    }

    private static void skipQuestions(ByteBuf in) {
        int questions = in.getUnsignedShort(4);
        in.skipBytes(Query.HEADER);
        for (int i = 0; i < questions; i++) {
            DefaultDnsRecordDecoder.decodeName(in);
            in.skipBytes(4);
        }
    }
}
