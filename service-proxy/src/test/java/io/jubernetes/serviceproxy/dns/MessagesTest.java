package io.jubernetes.serviceproxy.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MessagesTest {
    private static final Question WEB = new Question("web.default.svc.cluster.local", Type.A, 1);

    @Test
    void readsWhatItWrites() throws Exception {
        Query query = QueryWriter.query(WEB);
        assertThat(query.question()).isEqualTo(WEB);
        assertThat(query.recursionDesired()).isTrue();
        assertThat(query.udpSize()).isEqualTo(512);

        byte[] message = MessageWriter.write(query, addresses(3), 512);

        assertThat(Message.answers(message))
                .containsExactlyElementsOf(addresses(3).answers());
        assertThat(Message.keepable(message)).hasValue(5);
        assertThat(Message.isTruncated(message)).isFalse();
        // The name is written once: 12 header, 35 question, 16 a record.
        assertThat(message).hasSize(12 + 35 + 3 * 16);
    }

    @Test
    void compressesTargetsAndKeepsEveryKindOfRecord() {
        Query query = QueryWriter.query(WEB);
        String target = "a.web.default.svc.cluster.local.";
        var answer = new Answer(
                Rcode.NOERROR,
                true,
                List.of(new ResourceRecord(WEB.name(), 5, new ResourceRecord.Pointer(Type.CNAME, target))),
                List.of(),
                List.of(new ResourceRecord(target, 5, new ResourceRecord.Server(0, 1, 2, target))));
        byte[] message = MessageWriter.write(query, answer, 512);

        assertThat(Message.answers(message)).containsExactlyElementsOf(answer.answers());
        assertThat(message).hasSize(12 + 35 + (12 + 4) + (2 + 10 + 6 + 2));
    }

    @Test
    void truncatesWhatDoesNotFit() throws Exception {
        Query query = QueryWriter.query(WEB);
        byte[] message = MessageWriter.write(query, addresses(100), 512);

        assertThat(message).hasSizeLessThanOrEqualTo(512);
        assertThat(Message.isTruncated(message)).isTrue();
        assertThat(Message.answers(message)).hasSize((512 - 12 - 35) / 16);
        assertThat(MessageWriter.write(query, addresses(100), 65_535)).hasSize(12 + 35 + 100 * 16);
    }

    @Test
    void speaksEdns() throws Exception {
        byte[] bytes = withEdns(QueryWriter.query(WEB).message(), 4096, true);
        Query query = Query.parse(bytes);
        assertThat(query.edns()).isTrue();
        assertThat(query.dnssec()).isTrue();
        assertThat(query.udpSize()).isEqualTo(1232);
        assertThat(Query.parse(withEdns(QueryWriter.query(WEB).message(), 100, false))
                        .udpSize())
                .isEqualTo(512);

        byte[] answer = MessageWriter.write(query, addresses(1), query.udpSize());
        assertThat(answer).hasSize(12 + 35 + 16 + 11);
        assertThat(answer[11]).as("records in the last section").isEqualTo((byte) 1);
    }

    @Test
    void adaptsAKeptAnswer() {
        byte[] kept = MessageWriter.write(QueryWriter.query(WEB), addresses(2), 512);
        byte[] asked = QueryWriter.query(WEB).message();
        asked[0] = 0x12;
        asked[1] = 0x34;
        asked[2] = 0; // no wish for recursion
        asked[13] = 'W';
        Query query = parse(asked);

        byte[] adapted = Message.adapt(kept, query, 2);

        assertThat(adapted).startsWith(0x12, 0x34);
        assertThat(adapted[2] & 1).isZero();
        assertThat(adapted[13]).isEqualTo((byte) 'W');
        assertThat(Message.keepable(adapted)).hasValue(3);
        assertThat(Message.keepable(Message.adapt(kept, query, 100))).hasValue(0);
        assertThat(Message.isTruncated(Message.truncate(kept, query))).isTrue();
        assertThat(Message.answers(Message.truncate(kept, query))).isEmpty();
    }

    @Test
    void refusesWhatIsNoQuery() {
        byte[] good = QueryWriter.query(WEB).message();
        assertRefused(Rcode.NOERROR, new byte[5]);
        assertRefused(Rcode.NOERROR, changed(good, 2, 0x80));
        assertRefused(Rcode.NOTIMP, changed(good, 2, 0x28));
        assertRefused(Rcode.FORMERR, changed(good, 5, 2));
        assertRefused(Rcode.FORMERR, changed(good, 5, 0));
        assertRefused(Rcode.FORMERR, Arrays.copyOf(good, good.length - 1));
        assertRefused(Rcode.FORMERR, changed(good, 11, 1));
        // A name that points at itself.
        assertRefused(Rcode.FORMERR, changed(changed(good, 12, 0xc0), 13, 12));
    }

    static LongStream seeds() {
        return LongStream.range(0, 50);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void survivesRubbish(long seed) {
        var random = new Random(seed);
        byte[] query = withEdns(QueryWriter.query(WEB).message(), 1232, false);
        byte[] response = MessageWriter.write(QueryWriter.query(WEB), addresses(3), 512);
        for (int i = 0; i < 2000; i++) {
            byte[] message = (i % 2 == 0 ? query : response).clone();
            for (int k = 0; k < 1 + random.nextInt(6); k++) {
                message[random.nextInt(message.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = Arrays.copyOf(message, Math.max(12, random.nextInt(message.length + 1)));
            assertThatCode(() -> {
                        Message.answers(cut);
                        Message.keepable(cut);
                        Message.adapt(cut, QueryWriter.query(WEB), 1);
                        try {
                            Query.parse(cut);
                        } catch (Query.Unanswerable e) {
                            Query.refusal(cut, e.code());
                        }
                    })
                    .doesNotThrowAnyException();
        }
    }

    private static void assertRefused(Rcode code, byte[] message) {
        assertThatThrownBy(() -> Query.parse(message))
                .isInstanceOfSatisfying(
                        Query.Unanswerable.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static byte[] changed(byte[] message, int at, int value) {
        byte[] copy = message.clone();
        copy[at] = (byte) value;
        return copy;
    }

    private static Query parse(byte[] message) {
        try {
            return Query.parse(message);
        } catch (Query.Unanswerable e) {
            throw new AssertionError(e);
        }
    }

    static byte[] withEdns(byte[] query, int size, boolean dnssec) {
        byte[] longer = Arrays.copyOf(query, query.length + 11);
        longer[11] = 1;
        int at = query.length;
        longer[at + 2] = (byte) Type.OPT;
        longer[at + 3] = (byte) (size >> 8);
        longer[at + 4] = (byte) size;
        longer[at + 7] = (byte) (dnssec ? 0x80 : 0);
        return longer;
    }

    private static Answer addresses(int count) {
        var records = new ArrayList<ResourceRecord>();
        for (int i = 0; i < count; i++) {
            records.add(new ResourceRecord(
                    WEB.name(),
                    5,
                    new ResourceRecord.Address(InetAddress.ofLiteral("10.244." + i / 250 + "." + (i % 250 + 1)))));
        }
        return new Answer(Rcode.NOERROR, true, records, List.of(), List.of());
    }
}
