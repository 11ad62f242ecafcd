package io.jubernetes.apiserver.customresource;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.codec.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the schemas of custom kinds do to values.
final class CustomSchemaTest {
    private static Structural schema(String properties) {
        return Structural.of(Json.parse(
                "{'type':'object','properties':{".replace('\'', '"') + properties.replace('\'', '"') + "}}"));
    }

    private static JsonNode value(String json) {
        return Json.parse(json.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'a':{'type':'string','minLength':2}       | {'a':'x'}   | a: Invalid value: "x": a in body should be at least 2 chars long
            'a':{'type':'string','maxLength':1}       | {'a':'xy'}  | a: Too long: may not be more than 1 bytes
            'a':{'type':'integer'}                    | {'a':'x'}   | a: Invalid value: "string": a in body must be of type integer: "string"
            'a':{'type':'integer','maximum':3}        | {'a':4}     | a: Invalid value: 4: a in body should be less than or equal to 3
            'a':{'type':'array','items':{'type':'string'},'maxItems':1} | {'a':['x','y']} | a: Too many: 2: must have at most 1 items
            'a':{'type':'string','enum':['x']}        | {'a':'y'}   | a: Unsupported value: "y": supported values: "x"
            'a':{'type':'string','pattern':'^x$'}     | {'a':'y'}   | a: Invalid value: "y": a in body should match '^x$'
            'a':{'type':'string','format':'date'}     | {'a':'y'}   | a: Invalid value: "y": a in body must be of type date: "y"
            'a':{'x-kubernetes-int-or-string':true}   | {'a':true}  | a: Invalid value: "boolean": a in body must be of type integer,string: "boolean"
            'a':{'type':'object','required':['b']}    | {'a':{}}    | a.b: Required value
            """)
    void refusesWhatDoesNotFit(String properties, String json, String expected) {
        List<Cause> causes = SchemaValidation.validate(schema(properties), value(json), "");
        assertThat(causes)
                .extracting(cause -> cause.field() + ": " + cause.message())
                .containsExactly(expected);
    }

    @Test
    void letsUnchangedValuesBe() {
        Structural schema = schema("'a':{'type':'integer','maximum':3},'b':{'type':'integer','maximum':3}");
        List<Cause> causes =
                SchemaValidation.validateUpdate(schema, value("{'a':9,'b':9}"), value("{'a':9,'b':1}"), "");
        assertThat(causes).extracting(Cause::field).containsExactly("b");
    }

    @Test
    void prunesWhatIsNotKnown() {
        var object = (ObjectNode) value("{'a':{'known':1,'gone':2},'open':{'kept':{'x':1}},'metadata':{'name':'n'}}");
        var pruning = new Pruning();
        pruning.prune(
                object,
                schema("'a':{'type':'object','properties':{'known':{'type':'integer'}}},"
                        + "'open':{'type':'object','x-kubernetes-preserve-unknown-fields':true}"));
        assertThat(object).isEqualTo(value("{'a':{'known':1},'open':{'kept':{'x':1}},'metadata':{'name':'n'}}"));
        assertThat(pruning.unknown()).containsExactly("a.gone");
    }

    @Test
    void fillsInDefaults() {
        JsonNode object = value("{'list':[{},{'p':'UDP'}],'n':null}");
        Defaults.apply(
                object,
                schema("'n':{'type':'integer','default':3},'list':{'type':'array','items':{'type':'object',"
                        + "'properties':{'p':{'type':'string','default':'TCP'}}}}"));
        assertThat(object).isEqualTo(value("{'list':[{'p':'TCP'},{'p':'UDP'}],'n':3}"));
    }

    @Test
    void checksRulesOnlyWhereSomethingHasChanged() {
        Structural schema = schema("'a':{'type':'string','maxLength':9,'x-kubernetes-validations':"
                + "[{'rule':'self.size() > 2','message':'too short'}]}");
        RuleChecker rules = RuleChecker.ofResource(schema);
        assertThat(rules.validate(value("{'a':'x'}"), null))
                .extracting(cause -> cause.field() + ": " + cause.message())
                .containsExactly("a: Invalid value: \"x\": too short");
        assertThat(rules.validate(value("{'a':'x'}"), value("{'a':'x'}"))).isEmpty();
        assertThat(rules.validate(value("{'a':'y'}"), value("{'a':'x'}"))).hasSize(1);
    }

    @Test
    void findsDuplicatesInSetsAndMaps() {
        Structural schema = schema("'s':{'type':'array','items':{'type':'string'},'x-kubernetes-list-type':'set'},"
                + "'m':{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],"
                + "'items':{'type':'object','properties':{'k':{'type':'string'}}}}");
        assertThat(ListTypes.validate(schema, value("{'s':['a','a'],'m':[{'k':'x'},{'k':'x'}]}"), ""))
                .extracting(Cause::field)
                .containsExactly("s[1]", "m[1]");
    }

    @Test
    void namesAreTakenByWhoeverHasThemFirst() {
        JsonNode first = value("{'metadata':{'name':'as.g.x'},'spec':{'group':'g.x'},'status':{'acceptedNames':"
                + "{'plural':'as','singular':'a','kind':'A','listKind':'AList'}}}");
        var second = (ObjectNode) value("{'metadata':{'name':'bs.g.x'},'spec':{'group':'g.x','names':"
                + "{'plural':'bs','singular':'b','kind':'A','listKind':'BList'}}}");
        ObjectNode refused = Naming.settle(second, List.of(first, second), java.time.Instant.EPOCH);
        assertThat(CustomKind.isTrue(refused, "NamesAccepted")).isFalse();
        assertThat(CustomKind.isTrue(refused, "Established")).isFalse();
        ObjectNode accepted = Naming.settle(second, List.of(second), java.time.Instant.EPOCH);
        assertThat(CustomKind.isTrue(accepted, "Established")).isTrue();
    }
}
