package io.jubernetes.kubelet.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.codec.Json;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusPatchTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | {} | ",
                "{'a':1} | {'a':2} | {'a':2}",
                "{'a':1,'b':2} | {'a':1} | {'b':null}",
                "{'a':{'x':1,'y':2}} | {'a':{'x':1,'y':3}} | {'a':{'y':3}}",
                "{'l':[1,2]} | {'l':[2]} | {'l':[2]}",
                "{'conditions':[{'type':'A','s':1}]} | {'conditions':[{'type':'A','s':2}]}"
                        + " | {'conditions':[{'type':'A','s':2}]}",
                "{'conditions':[{'type':'A','s':1},{'type':'X','s':1}]} | {'conditions':[{'type':'A','s':1}]} | ",
                "{'conditions':[{'type':'A','m':1}]} | {'conditions':[{'type':'A'}]}"
                        + " | {'conditions':[{'type':'A','m':null}]}",
                "{'ips':[{'ip':'1'}]} | {'ips':[{'ip':'2'}]} | {'ips':[{'ip':'2'},{'$patch':'delete','ip':'1'}]}",
                "{'ips':[{'ip':'1'}]} | {} | ",
            })
    void saysOnlyWhatChanged(String from, String to, String expected) {
        var patch = new StatusPatch(Map.of("conditions", "type", "ips", "ip"));
        var result = patch.between(json(from), json(to));
        assertThat(result.map(Object::toString).orElse(""))
                .isEqualTo(expected == null ? "" : json(expected).toString());
    }

    private static com.fasterxml.jackson.databind.JsonNode json(String text) {
        return Json.parse(text.replace('\'', '"'));
    }
}
