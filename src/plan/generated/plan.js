/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["sbpc_plan"] || ($protobuf.roots["sbpc_plan"] = {});

export const sbpc = $root.sbpc = (() => {

    /**
     * Namespace sbpc.
     * @exports sbpc
     * @namespace
     */
    const sbpc = {};

    sbpc.PlanFile = (function() {

        /**
         * Properties of a PlanFile.
         * @typedef {Object} sbpc.PlanFile.$Properties
         * @property {number|null} [magic] PlanFile magic
         * @property {number|null} [version] PlanFile version
         * @property {Uint8Array|null} [digest] PlanFile digest
         * @property {Uint8Array|null} [payload] PlanFile payload
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a PlanFile.
         * @memberof sbpc
         * @interface IPlanFile
         * @augments sbpc.PlanFile.$Properties
         * @deprecated Use sbpc.PlanFile.$Properties instead.
         */

        /**
         * Shape of a PlanFile.
         * @typedef {sbpc.PlanFile.$Properties} sbpc.PlanFile.$Shape
         */

        /**
         * Constructs a new PlanFile.
         * @memberof sbpc
         * @classdesc Represents a PlanFile.
         * @constructor
         * @param {sbpc.PlanFile.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const PlanFile = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * PlanFile magic.
         * @member {number} magic
         * @memberof sbpc.PlanFile
         * @instance
         */
        PlanFile.prototype.magic = 0;

        /**
         * PlanFile version.
         * @member {number} version
         * @memberof sbpc.PlanFile
         * @instance
         */
        PlanFile.prototype.version = 0;

        /**
         * PlanFile digest.
         * @member {Uint8Array} digest
         * @memberof sbpc.PlanFile
         * @instance
         */
        PlanFile.prototype.digest = $util.newBuffer([]);

        /**
         * PlanFile payload.
         * @member {Uint8Array} payload
         * @memberof sbpc.PlanFile
         * @instance
         */
        PlanFile.prototype.payload = $util.newBuffer([]);

        /**
         * Creates a new PlanFile instance using the specified properties.
         * @function create
         * @memberof sbpc.PlanFile
         * @static
         * @param {sbpc.PlanFile.$Properties=} [properties] Properties to set
         * @returns {sbpc.PlanFile} PlanFile instance
         * @type {{
         *   (properties: sbpc.PlanFile.$Shape): sbpc.PlanFile & sbpc.PlanFile.$Shape;
         *   (properties?: sbpc.PlanFile.$Properties): sbpc.PlanFile;
         * }}
         */
        PlanFile.create = function(properties) {
            return new PlanFile(properties);
        };

        /**
         * Encodes the specified PlanFile message. Does not implicitly {@link sbpc.PlanFile.verify|verify} messages.
         * @function encode
         * @memberof sbpc.PlanFile
         * @static
         * @param {sbpc.PlanFile.$Properties} message PlanFile message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        PlanFile.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.magic != null && $Object.hasOwnProperty.call(message, "magic") && message.magic !== 0)
                writer.uint32(/* id 1, wireType 5 =*/13).fixed32(message.magic);
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.version);
            if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.digest);
            if (message.payload != null && $Object.hasOwnProperty.call(message, "payload") && message.payload.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.payload);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a PlanFile message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.PlanFile
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.PlanFile & sbpc.PlanFile.$Shape} PlanFile
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        PlanFile.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.PlanFile();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 5)
                            break;
                        if (value = reader.fixed32())
                            message.magic = value;
                        else
                            delete message.magic;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.digest = value;
                        else
                            delete message.digest;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.payload = value;
                        else
                            delete message.payload;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return PlanFile;
    })();

    sbpc.Plan = (function() {

        /**
         * Properties of a Plan.
         * @typedef {Object} sbpc.Plan.$Properties
         * @property {string|null} [model] Plan model
         * @property {sbpc.Mesh.$Properties|null} [mesh] Plan mesh
         * @property {sbpc.Options.$Properties|null} [options] Plan options
         * @property {string|null} [source] Plan source
         * @property {string|null} [graph] Plan graph
         * @property {Array.<sbpc.Stage.$Properties>|null} [stages] Plan stages
         * @property {Array.<Uint8Array>|null} [bodies] Plan bodies
         * @property {Array.<sbpc.Boxing.$Properties>|null} [boxing] Plan boxing
         * @property {Array.<sbpc.Input.$Properties>|null} [inputs] Plan inputs
         * @property {Array.<sbpc.Parameter.$Properties>|null} [parameters] Plan parameters
         * @property {Array.<sbpc.Random.$Properties>|null} [randoms] Plan randoms
         * @property {Array.<sbpc.Output.$Properties>|null} [outputs] Plan outputs
         * @property {Array.<sbpc.Provenance.$Properties>|null} [provenance] Plan provenance
         * @property {sbpc.Prediction.$Properties|null} [prediction] Plan prediction
         * @property {string|null} [micro] Plan micro
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Plan.
         * @memberof sbpc
         * @interface IPlan
         * @augments sbpc.Plan.$Properties
         * @deprecated Use sbpc.Plan.$Properties instead.
         */

        /**
         * Shape of a Plan.
         * @typedef {{
         *   model?: string|null;
         *   mesh?: sbpc.Mesh.$Shape|null;
         *   options?: sbpc.Options.$Shape|null;
         *   source?: string|null;
         *   graph?: string|null;
         *   stages?: Array.<sbpc.Stage.$Shape>|null;
         *   bodies?: Array.<Uint8Array>|null;
         *   boxing?: Array.<sbpc.Boxing.$Shape>|null;
         *   inputs?: Array.<sbpc.Input.$Shape>|null;
         *   parameters?: Array.<sbpc.Parameter.$Shape>|null;
         *   randoms?: Array.<sbpc.Random.$Shape>|null;
         *   outputs?: Array.<sbpc.Output.$Shape>|null;
         *   provenance?: Array.<sbpc.Provenance.$Shape>|null;
         *   prediction?: sbpc.Prediction.$Shape|null;
         *   micro?: string|null;
         *   $unknowns?: Array.<Uint8Array>;
         * }} sbpc.Plan.$Shape
         */

        /**
         * Constructs a new Plan.
         * @memberof sbpc
         * @classdesc Represents a Plan.
         * @constructor
         * @param {sbpc.Plan.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Plan = function (properties) {
            this.stages = [];
            this.bodies = [];
            this.boxing = [];
            this.inputs = [];
            this.parameters = [];
            this.randoms = [];
            this.outputs = [];
            this.provenance = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Plan model.
         * @member {string} model
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.model = "";

        /**
         * Plan mesh.
         * @member {sbpc.Mesh.$Properties|null|undefined} mesh
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.mesh = null;

        /**
         * Plan options.
         * @member {sbpc.Options.$Properties|null|undefined} options
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.options = null;

        /**
         * Plan source.
         * @member {string} source
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.source = "";

        /**
         * Plan graph.
         * @member {string} graph
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.graph = "";

        /**
         * Plan stages.
         * @member {Array.<sbpc.Stage.$Properties>} stages
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.stages = $util.emptyArray;

        /**
         * Plan bodies.
         * @member {Array.<Uint8Array>} bodies
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.bodies = $util.emptyArray;

        /**
         * Plan boxing.
         * @member {Array.<sbpc.Boxing.$Properties>} boxing
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.boxing = $util.emptyArray;

        /**
         * Plan inputs.
         * @member {Array.<sbpc.Input.$Properties>} inputs
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.inputs = $util.emptyArray;

        /**
         * Plan parameters.
         * @member {Array.<sbpc.Parameter.$Properties>} parameters
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.parameters = $util.emptyArray;

        /**
         * Plan randoms.
         * @member {Array.<sbpc.Random.$Properties>} randoms
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.randoms = $util.emptyArray;

        /**
         * Plan outputs.
         * @member {Array.<sbpc.Output.$Properties>} outputs
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.outputs = $util.emptyArray;

        /**
         * Plan provenance.
         * @member {Array.<sbpc.Provenance.$Properties>} provenance
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.provenance = $util.emptyArray;

        /**
         * Plan prediction.
         * @member {sbpc.Prediction.$Properties|null|undefined} prediction
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.prediction = null;

        /**
         * Plan micro.
         * @member {string} micro
         * @memberof sbpc.Plan
         * @instance
         */
        Plan.prototype.micro = "";

        /**
         * Creates a new Plan instance using the specified properties.
         * @function create
         * @memberof sbpc.Plan
         * @static
         * @param {sbpc.Plan.$Properties=} [properties] Properties to set
         * @returns {sbpc.Plan} Plan instance
         * @type {{
         *   (properties: sbpc.Plan.$Shape): sbpc.Plan & sbpc.Plan.$Shape;
         *   (properties?: sbpc.Plan.$Properties): sbpc.Plan;
         * }}
         */
        Plan.create = function(properties) {
            return new Plan(properties);
        };

        /**
         * Encodes the specified Plan message. Does not implicitly {@link sbpc.Plan.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Plan
         * @static
         * @param {sbpc.Plan.$Properties} message Plan message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Plan.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.model != null && $Object.hasOwnProperty.call(message, "model") && message.model !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.model);
            if (message.mesh != null && $Object.hasOwnProperty.call(message, "mesh"))
                $root.sbpc.Mesh.encode(message.mesh, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.options != null && $Object.hasOwnProperty.call(message, "options"))
                $root.sbpc.Options.encode(message.options, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.source);
            if (message.graph != null && $Object.hasOwnProperty.call(message, "graph") && message.graph !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.graph);
            if (message.stages != null && message.stages.length)
                for (let i = 0; i < message.stages.length; ++i)
                    $root.sbpc.Stage.encode(message.stages[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.bodies != null && message.bodies.length)
                for (let i = 0; i < message.bodies.length; ++i)
                    writer.uint32(/* id 7, wireType 2 =*/58).bytes(message.bodies[i]);
            if (message.boxing != null && message.boxing.length)
                for (let i = 0; i < message.boxing.length; ++i)
                    $root.sbpc.Boxing.encode(message.boxing[i], writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
            if (message.inputs != null && message.inputs.length)
                for (let i = 0; i < message.inputs.length; ++i)
                    $root.sbpc.Input.encode(message.inputs[i], writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
            if (message.parameters != null && message.parameters.length)
                for (let i = 0; i < message.parameters.length; ++i)
                    $root.sbpc.Parameter.encode(message.parameters[i], writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
            if (message.randoms != null && message.randoms.length)
                for (let i = 0; i < message.randoms.length; ++i)
                    $root.sbpc.Random.encode(message.randoms[i], writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
            if (message.outputs != null && message.outputs.length)
                for (let i = 0; i < message.outputs.length; ++i)
                    $root.sbpc.Output.encode(message.outputs[i], writer.uint32(/* id 12, wireType 2 =*/98).fork(), _depth + 1).ldelim();
            if (message.provenance != null && message.provenance.length)
                for (let i = 0; i < message.provenance.length; ++i)
                    $root.sbpc.Provenance.encode(message.provenance[i], writer.uint32(/* id 13, wireType 2 =*/106).fork(), _depth + 1).ldelim();
            if (message.prediction != null && $Object.hasOwnProperty.call(message, "prediction"))
                $root.sbpc.Prediction.encode(message.prediction, writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
            if (message.micro != null && $Object.hasOwnProperty.call(message, "micro") && message.micro !== "")
                writer.uint32(/* id 15, wireType 2 =*/122).string(message.micro);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Plan message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Plan
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Plan & sbpc.Plan.$Shape} Plan
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Plan.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Plan();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.model = value;
                        else
                            delete message.model;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.mesh = $root.sbpc.Mesh.decode(reader, reader.size(), $undefined, _depth + 1, message.mesh);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.options = $root.sbpc.Options.decode(reader, reader.size(), $undefined, _depth + 1, message.options);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.source = value;
                        else
                            delete message.source;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.graph = value;
                        else
                            delete message.graph;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if (!(message.stages && message.stages.length))
                            message.stages = [];
                        message.stages.push($root.sbpc.Stage.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if (!(message.bodies && message.bodies.length))
                            message.bodies = [];
                        message.bodies.push(reader.bytes());
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if (!(message.boxing && message.boxing.length))
                            message.boxing = [];
                        message.boxing.push($root.sbpc.Boxing.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if (!(message.inputs && message.inputs.length))
                            message.inputs = [];
                        message.inputs.push($root.sbpc.Input.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        if (!(message.parameters && message.parameters.length))
                            message.parameters = [];
                        message.parameters.push($root.sbpc.Parameter.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 11: {
                        if (wireType !== 2)
                            break;
                        if (!(message.randoms && message.randoms.length))
                            message.randoms = [];
                        message.randoms.push($root.sbpc.Random.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        if (!(message.outputs && message.outputs.length))
                            message.outputs = [];
                        message.outputs.push($root.sbpc.Output.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 13: {
                        if (wireType !== 2)
                            break;
                        if (!(message.provenance && message.provenance.length))
                            message.provenance = [];
                        message.provenance.push($root.sbpc.Provenance.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 14: {
                        if (wireType !== 2)
                            break;
                        message.prediction = $root.sbpc.Prediction.decode(reader, reader.size(), $undefined, _depth + 1, message.prediction);
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.micro = value;
                        else
                            delete message.micro;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Plan;
    })();

    sbpc.Mesh = (function() {

        /**
         * Properties of a Mesh.
         * @typedef {Object} sbpc.Mesh.$Properties
         * @property {Array.<sbpc.Mesh.Axis.$Properties>|null} [axes] Mesh axes
         * @property {number|null} [stages] Mesh stages
         * @property {Array.<number>|null} [hosts] Mesh hosts
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Mesh.
         * @memberof sbpc
         * @interface IMesh
         * @augments sbpc.Mesh.$Properties
         * @deprecated Use sbpc.Mesh.$Properties instead.
         */

        /**
         * Shape of a Mesh.
         * @typedef {sbpc.Mesh.$Properties} sbpc.Mesh.$Shape
         */

        /**
         * Constructs a new Mesh.
         * @memberof sbpc
         * @classdesc Represents a Mesh.
         * @constructor
         * @param {sbpc.Mesh.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Mesh = function (properties) {
            this.axes = [];
            this.hosts = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Mesh axes.
         * @member {Array.<sbpc.Mesh.Axis.$Properties>} axes
         * @memberof sbpc.Mesh
         * @instance
         */
        Mesh.prototype.axes = $util.emptyArray;

        /**
         * Mesh stages.
         * @member {number} stages
         * @memberof sbpc.Mesh
         * @instance
         */
        Mesh.prototype.stages = 0;

        /**
         * Mesh hosts.
         * @member {Array.<number>} hosts
         * @memberof sbpc.Mesh
         * @instance
         */
        Mesh.prototype.hosts = $util.emptyArray;

        /**
         * Creates a new Mesh instance using the specified properties.
         * @function create
         * @memberof sbpc.Mesh
         * @static
         * @param {sbpc.Mesh.$Properties=} [properties] Properties to set
         * @returns {sbpc.Mesh} Mesh instance
         * @type {{
         *   (properties: sbpc.Mesh.$Shape): sbpc.Mesh & sbpc.Mesh.$Shape;
         *   (properties?: sbpc.Mesh.$Properties): sbpc.Mesh;
         * }}
         */
        Mesh.create = function(properties) {
            return new Mesh(properties);
        };

        /**
         * Encodes the specified Mesh message. Does not implicitly {@link sbpc.Mesh.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Mesh
         * @static
         * @param {sbpc.Mesh.$Properties} message Mesh message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Mesh.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.axes != null && message.axes.length)
                for (let i = 0; i < message.axes.length; ++i)
                    $root.sbpc.Mesh.Axis.encode(message.axes[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.stages != null && $Object.hasOwnProperty.call(message, "stages") && message.stages !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.stages);
            if (message.hosts != null && message.hosts.length)
                writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.hosts);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Mesh message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Mesh
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Mesh & sbpc.Mesh.$Shape} Mesh
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Mesh.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Mesh();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.axes && message.axes.length))
                            message.axes = [];
                        message.axes.push($root.sbpc.Mesh.Axis.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.stages = value;
                        else
                            delete message.stages;
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.hosts && message.hosts.length))
                                message.hosts = [];
                            reader.uint32s(message.hosts);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.hosts && message.hosts.length))
                            message.hosts = [];
                        message.hosts.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        Mesh.Axis = (function() {

            /**
             * Properties of an Axis.
             * @typedef {Object} sbpc.Mesh.Axis.$Properties
             * @property {string|null} [name] Axis name
             * @property {number|null} [size] Axis size
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Axis.
             * @memberof sbpc.Mesh
             * @interface IAxis
             * @augments sbpc.Mesh.Axis.$Properties
             * @deprecated Use sbpc.Mesh.Axis.$Properties instead.
             */

            /**
             * Shape of an Axis.
             * @typedef {sbpc.Mesh.Axis.$Properties} sbpc.Mesh.Axis.$Shape
             */

            /**
             * Constructs a new Axis.
             * @memberof sbpc.Mesh
             * @classdesc Represents an Axis.
             * @constructor
             * @param {sbpc.Mesh.Axis.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Axis = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Axis name.
             * @member {string} name
             * @memberof sbpc.Mesh.Axis
             * @instance
             */
            Axis.prototype.name = "";

            /**
             * Axis size.
             * @member {number} size
             * @memberof sbpc.Mesh.Axis
             * @instance
             */
            Axis.prototype.size = 0;

            /**
             * Creates a new Axis instance using the specified properties.
             * @function create
             * @memberof sbpc.Mesh.Axis
             * @static
             * @param {sbpc.Mesh.Axis.$Properties=} [properties] Properties to set
             * @returns {sbpc.Mesh.Axis} Axis instance
             * @type {{
             *   (properties: sbpc.Mesh.Axis.$Shape): sbpc.Mesh.Axis & sbpc.Mesh.Axis.$Shape;
             *   (properties?: sbpc.Mesh.Axis.$Properties): sbpc.Mesh.Axis;
             * }}
             */
            Axis.create = function(properties) {
                return new Axis(properties);
            };

            /**
             * Encodes the specified Axis message. Does not implicitly {@link sbpc.Mesh.Axis.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Mesh.Axis
             * @static
             * @param {sbpc.Mesh.Axis.$Properties} message Axis message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Axis.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                if (message.size != null && $Object.hasOwnProperty.call(message, "size") && message.size !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.size);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Axis message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Mesh.Axis
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Mesh.Axis & sbpc.Mesh.Axis.$Shape} Axis
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Axis.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Mesh.Axis();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.size = value;
                            else
                                delete message.size;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Axis;
        })();

        return Mesh;
    })();

    sbpc.Options = (function() {

        /**
         * Properties of an Options.
         * @typedef {Object} sbpc.Options.$Properties
         * @property {number|null} [microbatches] Options microbatches
         * @property {boolean|null} [hints] Options hints
         * @property {string|null} [cluster] Options cluster
         * @property {number|null} [memoryLimit] Options memoryLimit
         * @property {number|null} [memoryBudget] Options memoryBudget
         * @property {Array.<sbpc.Options.Dimension.$Properties>|null} [dims] Options dims
         * @property {Array.<sbpc.Options.Setting.$Properties>|null} [settings] Options settings
         * @property {sbpc.Train.$Properties|null} [train] Options train
         * @property {number|Long|null} [samples] Options samples
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Options.
         * @memberof sbpc
         * @interface IOptions
         * @augments sbpc.Options.$Properties
         * @deprecated Use sbpc.Options.$Properties instead.
         */

        /**
         * Shape of an Options.
         * @typedef {sbpc.Options.$Properties} sbpc.Options.$Shape
         */

        /**
         * Constructs a new Options.
         * @memberof sbpc
         * @classdesc Represents an Options.
         * @constructor
         * @param {sbpc.Options.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Options = function (properties) {
            this.dims = [];
            this.settings = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Options microbatches.
         * @member {number} microbatches
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.microbatches = 0;

        /**
         * Options hints.
         * @member {boolean} hints
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.hints = false;

        /**
         * Options cluster.
         * @member {string} cluster
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.cluster = "";

        /**
         * Options memoryLimit.
         * @member {number|null|undefined} memoryLimit
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.memoryLimit = null;

        /**
         * Options memoryBudget.
         * @member {number|null|undefined} memoryBudget
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.memoryBudget = null;

        /**
         * Options dims.
         * @member {Array.<sbpc.Options.Dimension.$Properties>} dims
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.dims = $util.emptyArray;

        /**
         * Options settings.
         * @member {Array.<sbpc.Options.Setting.$Properties>} settings
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.settings = $util.emptyArray;

        /**
         * Options train.
         * @member {sbpc.Train.$Properties|null|undefined} train
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.train = null;

        /**
         * Options samples.
         * @member {number|Long|null|undefined} samples
         * @memberof sbpc.Options
         * @instance
         */
        Options.prototype.samples = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Options.prototype, "_memoryLimit", {
            get: $util.oneOfGetter($oneOfFields = ["memoryLimit"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Options.prototype, "_memoryBudget", {
            get: $util.oneOfGetter($oneOfFields = ["memoryBudget"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Options.prototype, "_samples", {
            get: $util.oneOfGetter($oneOfFields = ["samples"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Options instance using the specified properties.
         * @function create
         * @memberof sbpc.Options
         * @static
         * @param {sbpc.Options.$Properties=} [properties] Properties to set
         * @returns {sbpc.Options} Options instance
         * @type {{
         *   (properties: sbpc.Options.$Shape): sbpc.Options & sbpc.Options.$Shape;
         *   (properties?: sbpc.Options.$Properties): sbpc.Options;
         * }}
         */
        Options.create = function(properties) {
            return new Options(properties);
        };

        /**
         * Encodes the specified Options message. Does not implicitly {@link sbpc.Options.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Options
         * @static
         * @param {sbpc.Options.$Properties} message Options message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Options.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.microbatches != null && $Object.hasOwnProperty.call(message, "microbatches") && message.microbatches !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.microbatches);
            if (message.hints != null && $Object.hasOwnProperty.call(message, "hints") && message.hints !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.hints);
            if (message.cluster != null && $Object.hasOwnProperty.call(message, "cluster") && message.cluster !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.cluster);
            if (message.memoryLimit != null && $Object.hasOwnProperty.call(message, "memoryLimit"))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.memoryLimit);
            if (message.dims != null && message.dims.length)
                for (let i = 0; i < message.dims.length; ++i)
                    $root.sbpc.Options.Dimension.encode(message.dims[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.settings != null && message.settings.length)
                for (let i = 0; i < message.settings.length; ++i)
                    $root.sbpc.Options.Setting.encode(message.settings[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.memoryBudget != null && $Object.hasOwnProperty.call(message, "memoryBudget"))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.memoryBudget);
            if (message.train != null && $Object.hasOwnProperty.call(message, "train"))
                $root.sbpc.Train.encode(message.train, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
            if (message.samples != null && $Object.hasOwnProperty.call(message, "samples"))
                writer.uint32(/* id 9, wireType 0 =*/72).uint64(message.samples);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Options message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Options
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Options & sbpc.Options.$Shape} Options
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Options.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Options();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.microbatches = value;
                        else
                            delete message.microbatches;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.hints = value;
                        else
                            delete message.hints;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.cluster = value;
                        else
                            delete message.cluster;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        message.memoryLimit = reader.double();
                        message._memoryLimit = "memoryLimit";
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        message.memoryBudget = reader.double();
                        message._memoryBudget = "memoryBudget";
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.dims && message.dims.length))
                            message.dims = [];
                        message.dims.push($root.sbpc.Options.Dimension.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if (!(message.settings && message.settings.length))
                            message.settings = [];
                        message.settings.push($root.sbpc.Options.Setting.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.train = $root.sbpc.Train.decode(reader, reader.size(), $undefined, _depth + 1, message.train);
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        message.samples = reader.uint64();
                        message._samples = "samples";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        Options.Dimension = (function() {

            /**
             * Properties of a Dimension.
             * @typedef {Object} sbpc.Options.Dimension.$Properties
             * @property {string|null} [name] Dimension name
             * @property {number|Long|null} [size] Dimension size
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Dimension.
             * @memberof sbpc.Options
             * @interface IDimension
             * @augments sbpc.Options.Dimension.$Properties
             * @deprecated Use sbpc.Options.Dimension.$Properties instead.
             */

            /**
             * Shape of a Dimension.
             * @typedef {sbpc.Options.Dimension.$Properties} sbpc.Options.Dimension.$Shape
             */

            /**
             * Constructs a new Dimension.
             * @memberof sbpc.Options
             * @classdesc Represents a Dimension.
             * @constructor
             * @param {sbpc.Options.Dimension.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Dimension = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Dimension name.
             * @member {string} name
             * @memberof sbpc.Options.Dimension
             * @instance
             */
            Dimension.prototype.name = "";

            /**
             * Dimension size.
             * @member {number|Long} size
             * @memberof sbpc.Options.Dimension
             * @instance
             */
            Dimension.prototype.size = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Creates a new Dimension instance using the specified properties.
             * @function create
             * @memberof sbpc.Options.Dimension
             * @static
             * @param {sbpc.Options.Dimension.$Properties=} [properties] Properties to set
             * @returns {sbpc.Options.Dimension} Dimension instance
             * @type {{
             *   (properties: sbpc.Options.Dimension.$Shape): sbpc.Options.Dimension & sbpc.Options.Dimension.$Shape;
             *   (properties?: sbpc.Options.Dimension.$Properties): sbpc.Options.Dimension;
             * }}
             */
            Dimension.create = function(properties) {
                return new Dimension(properties);
            };

            /**
             * Encodes the specified Dimension message. Does not implicitly {@link sbpc.Options.Dimension.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Options.Dimension
             * @static
             * @param {sbpc.Options.Dimension.$Properties} message Dimension message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Dimension.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                if (message.size != null && $Object.hasOwnProperty.call(message, "size") && (typeof message.size === "object" ? message.size.low || message.size.high : message.size !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.size);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Dimension message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Options.Dimension
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Options.Dimension & sbpc.Options.Dimension.$Shape} Dimension
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Dimension.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Options.Dimension();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.size = value;
                            else
                                delete message.size;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Dimension;
        })();

        Options.Setting = (function() {

            /**
             * Properties of a Setting.
             * @typedef {Object} sbpc.Options.Setting.$Properties
             * @property {string|null} [name] Setting name
             * @property {string|null} [value] Setting value
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Setting.
             * @memberof sbpc.Options
             * @interface ISetting
             * @augments sbpc.Options.Setting.$Properties
             * @deprecated Use sbpc.Options.Setting.$Properties instead.
             */

            /**
             * Shape of a Setting.
             * @typedef {sbpc.Options.Setting.$Properties} sbpc.Options.Setting.$Shape
             */

            /**
             * Constructs a new Setting.
             * @memberof sbpc.Options
             * @classdesc Represents a Setting.
             * @constructor
             * @param {sbpc.Options.Setting.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Setting = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Setting name.
             * @member {string} name
             * @memberof sbpc.Options.Setting
             * @instance
             */
            Setting.prototype.name = "";

            /**
             * Setting value.
             * @member {string} value
             * @memberof sbpc.Options.Setting
             * @instance
             */
            Setting.prototype.value = "";

            /**
             * Creates a new Setting instance using the specified properties.
             * @function create
             * @memberof sbpc.Options.Setting
             * @static
             * @param {sbpc.Options.Setting.$Properties=} [properties] Properties to set
             * @returns {sbpc.Options.Setting} Setting instance
             * @type {{
             *   (properties: sbpc.Options.Setting.$Shape): sbpc.Options.Setting & sbpc.Options.Setting.$Shape;
             *   (properties?: sbpc.Options.Setting.$Properties): sbpc.Options.Setting;
             * }}
             */
            Setting.create = function(properties) {
                return new Setting(properties);
            };

            /**
             * Encodes the specified Setting message. Does not implicitly {@link sbpc.Options.Setting.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Options.Setting
             * @static
             * @param {sbpc.Options.Setting.$Properties} message Setting message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Setting.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.value);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Setting message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Options.Setting
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Options.Setting & sbpc.Options.Setting.$Shape} Setting
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Setting.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Options.Setting();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.value = value;
                            else
                                delete message.value;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Setting;
        })();

        return Options;
    })();

    sbpc.Train = (function() {

        /**
         * Properties of a Train.
         * @typedef {Object} sbpc.Train.$Properties
         * @property {string|null} [loss] Train loss
         * @property {sbpc.Optimizer.$Properties|null} [optimizer] Train optimizer
         * @property {number|null} [clipNorm] Train clipNorm
         * @property {number|null} [zero] Train zero
         * @property {string|null} [schedule] Train schedule
         * @property {string|null} [recompute] Train recompute
         * @property {string|null} [precision] Train precision
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Train.
         * @memberof sbpc
         * @interface ITrain
         * @augments sbpc.Train.$Properties
         * @deprecated Use sbpc.Train.$Properties instead.
         */

        /**
         * Shape of a Train.
         * @typedef {sbpc.Train.$Properties} sbpc.Train.$Shape
         */

        /**
         * Constructs a new Train.
         * @memberof sbpc
         * @classdesc Represents a Train.
         * @constructor
         * @param {sbpc.Train.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Train = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Train loss.
         * @member {string} loss
         * @memberof sbpc.Train
         * @instance
         */
        Train.prototype.loss = "";

        /**
         * Train optimizer.
         * @member {sbpc.Optimizer.$Properties|null|undefined} optimizer
         * @memberof sbpc.Train
         * @instance
         */
        Train.prototype.optimizer = null;

        /**
         * Train clipNorm.
         * @member {number|null|undefined} clipNorm
         * @memberof sbpc.Train
         * @instance
         */
        Train.prototype.clipNorm = null;

        /**
         * Train zero.
         * @member {number} zero
         * @memberof sbpc.Train
         * @instance
         */
        Train.prototype.zero = 0;

        /**
         * Train schedule.
         * @member {string} schedule
         * @memberof sbpc.Train
         * @instance
         */
        Train.prototype.schedule = "";

        /**
         * Train recompute.
         * @member {string} recompute
         * @memberof sbpc.Train
         * @instance
         */
        Train.prototype.recompute = "";

        /**
         * Train precision.
         * @member {string} precision
         * @memberof sbpc.Train
         * @instance
         */
        Train.prototype.precision = "";

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Train.prototype, "_clipNorm", {
            get: $util.oneOfGetter($oneOfFields = ["clipNorm"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Train instance using the specified properties.
         * @function create
         * @memberof sbpc.Train
         * @static
         * @param {sbpc.Train.$Properties=} [properties] Properties to set
         * @returns {sbpc.Train} Train instance
         * @type {{
         *   (properties: sbpc.Train.$Shape): sbpc.Train & sbpc.Train.$Shape;
         *   (properties?: sbpc.Train.$Properties): sbpc.Train;
         * }}
         */
        Train.create = function(properties) {
            return new Train(properties);
        };

        /**
         * Encodes the specified Train message. Does not implicitly {@link sbpc.Train.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Train
         * @static
         * @param {sbpc.Train.$Properties} message Train message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Train.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.loss != null && $Object.hasOwnProperty.call(message, "loss") && message.loss !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.loss);
            if (message.optimizer != null && $Object.hasOwnProperty.call(message, "optimizer"))
                $root.sbpc.Optimizer.encode(message.optimizer, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.clipNorm != null && $Object.hasOwnProperty.call(message, "clipNorm"))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.clipNorm);
            if (message.zero != null && $Object.hasOwnProperty.call(message, "zero") && message.zero !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.zero);
            if (message.schedule != null && $Object.hasOwnProperty.call(message, "schedule") && message.schedule !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.schedule);
            if (message.recompute != null && $Object.hasOwnProperty.call(message, "recompute") && message.recompute !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.recompute);
            if (message.precision != null && $Object.hasOwnProperty.call(message, "precision") && message.precision !== "")
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.precision);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Train message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Train
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Train & sbpc.Train.$Shape} Train
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Train.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Train();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.loss = value;
                        else
                            delete message.loss;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.optimizer = $root.sbpc.Optimizer.decode(reader, reader.size(), $undefined, _depth + 1, message.optimizer);
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        message.clipNorm = reader.double();
                        message._clipNorm = "clipNorm";
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.zero = value;
                        else
                            delete message.zero;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.schedule = value;
                        else
                            delete message.schedule;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.recompute = value;
                        else
                            delete message.recompute;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.precision = value;
                        else
                            delete message.precision;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Train;
    })();

    sbpc.Optimizer = (function() {

        /**
         * Properties of an Optimizer.
         * @typedef {Object} sbpc.Optimizer.$Properties
         * @property {string|null} [kind] Optimizer kind
         * @property {number|null} [learningRate] Optimizer learningRate
         * @property {number|null} [weightDecay] Optimizer weightDecay
         * @property {number|null} [momentum] Optimizer momentum
         * @property {boolean|null} [nesterov] Optimizer nesterov
         * @property {number|null} [beta1] Optimizer beta1
         * @property {number|null} [beta2] Optimizer beta2
         * @property {number|null} [epsilon] Optimizer epsilon
         * @property {sbpc.Optimizer.Schedule.$Properties|null} [schedule] Optimizer schedule
         * @property {Array.<sbpc.Optimizer.Group.$Properties>|null} [groups] Optimizer groups
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Optimizer.
         * @memberof sbpc
         * @interface IOptimizer
         * @augments sbpc.Optimizer.$Properties
         * @deprecated Use sbpc.Optimizer.$Properties instead.
         */

        /**
         * Shape of an Optimizer.
         * @typedef {sbpc.Optimizer.$Properties} sbpc.Optimizer.$Shape
         */

        /**
         * Constructs a new Optimizer.
         * @memberof sbpc
         * @classdesc Represents an Optimizer.
         * @constructor
         * @param {sbpc.Optimizer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Optimizer = function (properties) {
            this.groups = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Optimizer kind.
         * @member {string} kind
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.kind = "";

        /**
         * Optimizer learningRate.
         * @member {number} learningRate
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.learningRate = 0;

        /**
         * Optimizer weightDecay.
         * @member {number} weightDecay
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.weightDecay = 0;

        /**
         * Optimizer momentum.
         * @member {number} momentum
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.momentum = 0;

        /**
         * Optimizer nesterov.
         * @member {boolean} nesterov
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.nesterov = false;

        /**
         * Optimizer beta1.
         * @member {number} beta1
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.beta1 = 0;

        /**
         * Optimizer beta2.
         * @member {number} beta2
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.beta2 = 0;

        /**
         * Optimizer epsilon.
         * @member {number} epsilon
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.epsilon = 0;

        /**
         * Optimizer schedule.
         * @member {sbpc.Optimizer.Schedule.$Properties|null|undefined} schedule
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.schedule = null;

        /**
         * Optimizer groups.
         * @member {Array.<sbpc.Optimizer.Group.$Properties>} groups
         * @memberof sbpc.Optimizer
         * @instance
         */
        Optimizer.prototype.groups = $util.emptyArray;

        /**
         * Creates a new Optimizer instance using the specified properties.
         * @function create
         * @memberof sbpc.Optimizer
         * @static
         * @param {sbpc.Optimizer.$Properties=} [properties] Properties to set
         * @returns {sbpc.Optimizer} Optimizer instance
         * @type {{
         *   (properties: sbpc.Optimizer.$Shape): sbpc.Optimizer & sbpc.Optimizer.$Shape;
         *   (properties?: sbpc.Optimizer.$Properties): sbpc.Optimizer;
         * }}
         */
        Optimizer.create = function(properties) {
            return new Optimizer(properties);
        };

        /**
         * Encodes the specified Optimizer message. Does not implicitly {@link sbpc.Optimizer.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Optimizer
         * @static
         * @param {sbpc.Optimizer.$Properties} message Optimizer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Optimizer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
            if (message.learningRate != null && $Object.hasOwnProperty.call(message, "learningRate") && !$Object.is(message.learningRate, 0))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.learningRate);
            if (message.weightDecay != null && $Object.hasOwnProperty.call(message, "weightDecay") && !$Object.is(message.weightDecay, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.weightDecay);
            if (message.momentum != null && $Object.hasOwnProperty.call(message, "momentum") && !$Object.is(message.momentum, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.momentum);
            if (message.nesterov != null && $Object.hasOwnProperty.call(message, "nesterov") && message.nesterov !== false)
                writer.uint32(/* id 5, wireType 0 =*/40).bool(message.nesterov);
            if (message.beta1 != null && $Object.hasOwnProperty.call(message, "beta1") && !$Object.is(message.beta1, 0))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.beta1);
            if (message.beta2 != null && $Object.hasOwnProperty.call(message, "beta2") && !$Object.is(message.beta2, 0))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.beta2);
            if (message.epsilon != null && $Object.hasOwnProperty.call(message, "epsilon") && !$Object.is(message.epsilon, 0))
                writer.uint32(/* id 8, wireType 1 =*/65).double(message.epsilon);
            if (message.schedule != null && $Object.hasOwnProperty.call(message, "schedule"))
                $root.sbpc.Optimizer.Schedule.encode(message.schedule, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
            if (message.groups != null && message.groups.length)
                for (let i = 0; i < message.groups.length; ++i)
                    $root.sbpc.Optimizer.Group.encode(message.groups[i], writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Optimizer message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Optimizer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Optimizer & sbpc.Optimizer.$Shape} Optimizer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Optimizer.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Optimizer();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.learningRate = value;
                        else
                            delete message.learningRate;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.weightDecay = value;
                        else
                            delete message.weightDecay;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.momentum = value;
                        else
                            delete message.momentum;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.nesterov = value;
                        else
                            delete message.nesterov;
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.beta1 = value;
                        else
                            delete message.beta1;
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.beta2 = value;
                        else
                            delete message.beta2;
                        continue;
                    }
                case 8: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.epsilon = value;
                        else
                            delete message.epsilon;
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        message.schedule = $root.sbpc.Optimizer.Schedule.decode(reader, reader.size(), $undefined, _depth + 1, message.schedule);
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        if (!(message.groups && message.groups.length))
                            message.groups = [];
                        message.groups.push($root.sbpc.Optimizer.Group.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        Optimizer.Group = (function() {

            /**
             * Properties of a Group.
             * @typedef {Object} sbpc.Optimizer.Group.$Properties
             * @property {string|null} [match] Group match
             * @property {number|null} [weightDecay] Group weightDecay
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Group.
             * @memberof sbpc.Optimizer
             * @interface IGroup
             * @augments sbpc.Optimizer.Group.$Properties
             * @deprecated Use sbpc.Optimizer.Group.$Properties instead.
             */

            /**
             * Shape of a Group.
             * @typedef {sbpc.Optimizer.Group.$Properties} sbpc.Optimizer.Group.$Shape
             */

            /**
             * Constructs a new Group.
             * @memberof sbpc.Optimizer
             * @classdesc Represents a Group.
             * @constructor
             * @param {sbpc.Optimizer.Group.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Group = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Group match.
             * @member {string} match
             * @memberof sbpc.Optimizer.Group
             * @instance
             */
            Group.prototype.match = "";

            /**
             * Group weightDecay.
             * @member {number} weightDecay
             * @memberof sbpc.Optimizer.Group
             * @instance
             */
            Group.prototype.weightDecay = 0;

            /**
             * Creates a new Group instance using the specified properties.
             * @function create
             * @memberof sbpc.Optimizer.Group
             * @static
             * @param {sbpc.Optimizer.Group.$Properties=} [properties] Properties to set
             * @returns {sbpc.Optimizer.Group} Group instance
             * @type {{
             *   (properties: sbpc.Optimizer.Group.$Shape): sbpc.Optimizer.Group & sbpc.Optimizer.Group.$Shape;
             *   (properties?: sbpc.Optimizer.Group.$Properties): sbpc.Optimizer.Group;
             * }}
             */
            Group.create = function(properties) {
                return new Group(properties);
            };

            /**
             * Encodes the specified Group message. Does not implicitly {@link sbpc.Optimizer.Group.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Optimizer.Group
             * @static
             * @param {sbpc.Optimizer.Group.$Properties} message Group message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Group.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.match != null && $Object.hasOwnProperty.call(message, "match") && message.match !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.match);
                if (message.weightDecay != null && $Object.hasOwnProperty.call(message, "weightDecay") && !$Object.is(message.weightDecay, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.weightDecay);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Group message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Optimizer.Group
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Optimizer.Group & sbpc.Optimizer.Group.$Shape} Group
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Group.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Optimizer.Group();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.match = value;
                            else
                                delete message.match;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.weightDecay = value;
                            else
                                delete message.weightDecay;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Group;
        })();

        Optimizer.Schedule = (function() {

            /**
             * Properties of a Schedule.
             * @typedef {Object} sbpc.Optimizer.Schedule.$Properties
             * @property {string|null} [kind] Schedule kind
             * @property {number|Long|null} [warmup] Schedule warmup
             * @property {number|Long|null} [total] Schedule total
             * @property {number|null} [minimum] Schedule minimum
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Schedule.
             * @memberof sbpc.Optimizer
             * @interface ISchedule
             * @augments sbpc.Optimizer.Schedule.$Properties
             * @deprecated Use sbpc.Optimizer.Schedule.$Properties instead.
             */

            /**
             * Shape of a Schedule.
             * @typedef {sbpc.Optimizer.Schedule.$Properties} sbpc.Optimizer.Schedule.$Shape
             */

            /**
             * Constructs a new Schedule.
             * @memberof sbpc.Optimizer
             * @classdesc Represents a Schedule.
             * @constructor
             * @param {sbpc.Optimizer.Schedule.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Schedule = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Schedule kind.
             * @member {string} kind
             * @memberof sbpc.Optimizer.Schedule
             * @instance
             */
            Schedule.prototype.kind = "";

            /**
             * Schedule warmup.
             * @member {number|Long} warmup
             * @memberof sbpc.Optimizer.Schedule
             * @instance
             */
            Schedule.prototype.warmup = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Schedule total.
             * @member {number|Long} total
             * @memberof sbpc.Optimizer.Schedule
             * @instance
             */
            Schedule.prototype.total = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Schedule minimum.
             * @member {number} minimum
             * @memberof sbpc.Optimizer.Schedule
             * @instance
             */
            Schedule.prototype.minimum = 0;

            /**
             * Creates a new Schedule instance using the specified properties.
             * @function create
             * @memberof sbpc.Optimizer.Schedule
             * @static
             * @param {sbpc.Optimizer.Schedule.$Properties=} [properties] Properties to set
             * @returns {sbpc.Optimizer.Schedule} Schedule instance
             * @type {{
             *   (properties: sbpc.Optimizer.Schedule.$Shape): sbpc.Optimizer.Schedule & sbpc.Optimizer.Schedule.$Shape;
             *   (properties?: sbpc.Optimizer.Schedule.$Properties): sbpc.Optimizer.Schedule;
             * }}
             */
            Schedule.create = function(properties) {
                return new Schedule(properties);
            };

            /**
             * Encodes the specified Schedule message. Does not implicitly {@link sbpc.Optimizer.Schedule.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Optimizer.Schedule
             * @static
             * @param {sbpc.Optimizer.Schedule.$Properties} message Schedule message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Schedule.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
                if (message.warmup != null && $Object.hasOwnProperty.call(message, "warmup") && (typeof message.warmup === "object" ? message.warmup.low || message.warmup.high : message.warmup !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.warmup);
                if (message.total != null && $Object.hasOwnProperty.call(message, "total") && (typeof message.total === "object" ? message.total.low || message.total.high : message.total !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.total);
                if (message.minimum != null && $Object.hasOwnProperty.call(message, "minimum") && !$Object.is(message.minimum, 0))
                    writer.uint32(/* id 4, wireType 1 =*/33).double(message.minimum);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Schedule message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Optimizer.Schedule
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Optimizer.Schedule & sbpc.Optimizer.Schedule.$Shape} Schedule
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Schedule.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Optimizer.Schedule();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.kind = value;
                            else
                                delete message.kind;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.warmup = value;
                            else
                                delete message.warmup;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.total = value;
                            else
                                delete message.total;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.minimum = value;
                            else
                                delete message.minimum;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Schedule;
        })();

        return Optimizer;
    })();

    sbpc.TensorType = (function() {

        /**
         * Properties of a TensorType.
         * @typedef {Object} sbpc.TensorType.$Properties
         * @property {string|null} [dtype] TensorType dtype
         * @property {Array.<number|Long>|null} [shape] TensorType shape
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a TensorType.
         * @memberof sbpc
         * @interface ITensorType
         * @augments sbpc.TensorType.$Properties
         * @deprecated Use sbpc.TensorType.$Properties instead.
         */

        /**
         * Shape of a TensorType.
         * @typedef {sbpc.TensorType.$Properties} sbpc.TensorType.$Shape
         */

        /**
         * Constructs a new TensorType.
         * @memberof sbpc
         * @classdesc Represents a TensorType.
         * @constructor
         * @param {sbpc.TensorType.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const TensorType = function (properties) {
            this.shape = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * TensorType dtype.
         * @member {string} dtype
         * @memberof sbpc.TensorType
         * @instance
         */
        TensorType.prototype.dtype = "";

        /**
         * TensorType shape.
         * @member {Array.<number|Long>} shape
         * @memberof sbpc.TensorType
         * @instance
         */
        TensorType.prototype.shape = $util.emptyArray;

        /**
         * Creates a new TensorType instance using the specified properties.
         * @function create
         * @memberof sbpc.TensorType
         * @static
         * @param {sbpc.TensorType.$Properties=} [properties] Properties to set
         * @returns {sbpc.TensorType} TensorType instance
         * @type {{
         *   (properties: sbpc.TensorType.$Shape): sbpc.TensorType & sbpc.TensorType.$Shape;
         *   (properties?: sbpc.TensorType.$Properties): sbpc.TensorType;
         * }}
         */
        TensorType.create = function(properties) {
            return new TensorType(properties);
        };

        /**
         * Encodes the specified TensorType message. Does not implicitly {@link sbpc.TensorType.verify|verify} messages.
         * @function encode
         * @memberof sbpc.TensorType
         * @static
         * @param {sbpc.TensorType.$Properties} message TensorType message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        TensorType.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.dtype != null && $Object.hasOwnProperty.call(message, "dtype") && message.dtype !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.dtype);
            if (message.shape != null && message.shape.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint64s(message.shape);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a TensorType message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.TensorType
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.TensorType & sbpc.TensorType.$Shape} TensorType
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        TensorType.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.TensorType();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.dtype = value;
                        else
                            delete message.dtype;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.shape && message.shape.length))
                                message.shape = [];
                            reader.uint64s(message.shape);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.shape && message.shape.length))
                            message.shape = [];
                        message.shape.push(reader.uint64());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return TensorType;
    })();

    sbpc.Layout = (function() {

        /**
         * Properties of a Layout.
         * @typedef {Object} sbpc.Layout.$Properties
         * @property {Array.<string>|null} [components] Layout components
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Layout.
         * @memberof sbpc
         * @interface ILayout
         * @augments sbpc.Layout.$Properties
         * @deprecated Use sbpc.Layout.$Properties instead.
         */

        /**
         * Shape of a Layout.
         * @typedef {sbpc.Layout.$Properties} sbpc.Layout.$Shape
         */

        /**
         * Constructs a new Layout.
         * @memberof sbpc
         * @classdesc Represents a Layout.
         * @constructor
         * @param {sbpc.Layout.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Layout = function (properties) {
            this.components = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Layout components.
         * @member {Array.<string>} components
         * @memberof sbpc.Layout
         * @instance
         */
        Layout.prototype.components = $util.emptyArray;

        /**
         * Creates a new Layout instance using the specified properties.
         * @function create
         * @memberof sbpc.Layout
         * @static
         * @param {sbpc.Layout.$Properties=} [properties] Properties to set
         * @returns {sbpc.Layout} Layout instance
         * @type {{
         *   (properties: sbpc.Layout.$Shape): sbpc.Layout & sbpc.Layout.$Shape;
         *   (properties?: sbpc.Layout.$Properties): sbpc.Layout;
         * }}
         */
        Layout.create = function(properties) {
            return new Layout(properties);
        };

        /**
         * Encodes the specified Layout message. Does not implicitly {@link sbpc.Layout.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Layout
         * @static
         * @param {sbpc.Layout.$Properties} message Layout message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Layout.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.components != null && message.components.length)
                for (let i = 0; i < message.components.length; ++i)
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.components[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Layout message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Layout
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Layout & sbpc.Layout.$Shape} Layout
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Layout.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Layout();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.components && message.components.length))
                            message.components = [];
                        message.components.push(reader.stringVerify());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Layout;
    })();

    sbpc.Shape = (function() {

        /**
         * Properties of a Shape.
         * @typedef {Object} sbpc.Shape.$Properties
         * @property {Array.<number|Long>|null} [sizes] Shape sizes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Shape.
         * @memberof sbpc
         * @interface IShape
         * @augments sbpc.Shape.$Properties
         * @deprecated Use sbpc.Shape.$Properties instead.
         */

        /**
         * Shape of a Shape.
         * @typedef {sbpc.Shape.$Properties} sbpc.Shape.$Shape
         */

        /**
         * Constructs a new Shape.
         * @memberof sbpc
         * @classdesc Represents a Shape.
         * @constructor
         * @param {sbpc.Shape.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Shape = function (properties) {
            this.sizes = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Shape sizes.
         * @member {Array.<number|Long>} sizes
         * @memberof sbpc.Shape
         * @instance
         */
        Shape.prototype.sizes = $util.emptyArray;

        /**
         * Creates a new Shape instance using the specified properties.
         * @function create
         * @memberof sbpc.Shape
         * @static
         * @param {sbpc.Shape.$Properties=} [properties] Properties to set
         * @returns {sbpc.Shape} Shape instance
         * @type {{
         *   (properties: sbpc.Shape.$Shape): sbpc.Shape & sbpc.Shape.$Shape;
         *   (properties?: sbpc.Shape.$Properties): sbpc.Shape;
         * }}
         */
        Shape.create = function(properties) {
            return new Shape(properties);
        };

        /**
         * Encodes the specified Shape message. Does not implicitly {@link sbpc.Shape.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Shape
         * @static
         * @param {sbpc.Shape.$Properties} message Shape message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Shape.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.sizes != null && message.sizes.length)
                writer.uint32(/* id 1, wireType 2 =*/10).uint64s(message.sizes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Shape message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Shape
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Shape & sbpc.Shape.$Shape} Shape
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Shape.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Shape();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.sizes && message.sizes.length))
                                message.sizes = [];
                            reader.uint64s(message.sizes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.sizes && message.sizes.length))
                            message.sizes = [];
                        message.sizes.push(reader.uint64());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Shape;
    })();

    sbpc.Stage = (function() {

        /**
         * Properties of a Stage.
         * @typedef {Object} sbpc.Stage.$Properties
         * @property {number|null} [stage] Stage stage
         * @property {Array.<number>|null} [layers] Stage layers
         * @property {Array.<sbpc.Slot.$Properties>|null} [slots] Stage slots
         * @property {Array.<sbpc.Segment.$Properties>|null} [segments] Stage segments
         * @property {Array.<sbpc.Action.$Properties>|null} [actions] Stage actions
         * @property {Array.<number>|null} [deviceClass] Stage deviceClass
         * @property {Array.<sbpc.Memory.$Properties>|null} [memory] Stage memory
         * @property {Array.<sbpc.Phase.$Properties>|null} [phases] Stage phases
         * @property {Array.<sbpc.Bucket.$Properties>|null} [buckets] Stage buckets
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Stage.
         * @memberof sbpc
         * @interface IStage
         * @augments sbpc.Stage.$Properties
         * @deprecated Use sbpc.Stage.$Properties instead.
         */

        /**
         * Shape of a Stage.
         * @typedef {{
         *   stage?: number|null;
         *   layers?: Array.<number>|null;
         *   slots?: Array.<sbpc.Slot.$Shape>|null;
         *   segments?: Array.<sbpc.Segment.$Shape>|null;
         *   actions?: Array.<sbpc.Action.$Shape>|null;
         *   deviceClass?: Array.<number>|null;
         *   memory?: Array.<sbpc.Memory.$Shape>|null;
         *   phases?: Array.<sbpc.Phase.$Shape>|null;
         *   buckets?: Array.<sbpc.Bucket.$Shape>|null;
         *   $unknowns?: Array.<Uint8Array>;
         * }} sbpc.Stage.$Shape
         */

        /**
         * Constructs a new Stage.
         * @memberof sbpc
         * @classdesc Represents a Stage.
         * @constructor
         * @param {sbpc.Stage.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Stage = function (properties) {
            this.layers = [];
            this.slots = [];
            this.segments = [];
            this.actions = [];
            this.deviceClass = [];
            this.memory = [];
            this.phases = [];
            this.buckets = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Stage stage.
         * @member {number} stage
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.stage = 0;

        /**
         * Stage layers.
         * @member {Array.<number>} layers
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.layers = $util.emptyArray;

        /**
         * Stage slots.
         * @member {Array.<sbpc.Slot.$Properties>} slots
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.slots = $util.emptyArray;

        /**
         * Stage segments.
         * @member {Array.<sbpc.Segment.$Properties>} segments
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.segments = $util.emptyArray;

        /**
         * Stage actions.
         * @member {Array.<sbpc.Action.$Properties>} actions
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.actions = $util.emptyArray;

        /**
         * Stage deviceClass.
         * @member {Array.<number>} deviceClass
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.deviceClass = $util.emptyArray;

        /**
         * Stage memory.
         * @member {Array.<sbpc.Memory.$Properties>} memory
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.memory = $util.emptyArray;

        /**
         * Stage phases.
         * @member {Array.<sbpc.Phase.$Properties>} phases
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.phases = $util.emptyArray;

        /**
         * Stage buckets.
         * @member {Array.<sbpc.Bucket.$Properties>} buckets
         * @memberof sbpc.Stage
         * @instance
         */
        Stage.prototype.buckets = $util.emptyArray;

        /**
         * Creates a new Stage instance using the specified properties.
         * @function create
         * @memberof sbpc.Stage
         * @static
         * @param {sbpc.Stage.$Properties=} [properties] Properties to set
         * @returns {sbpc.Stage} Stage instance
         * @type {{
         *   (properties: sbpc.Stage.$Shape): sbpc.Stage & sbpc.Stage.$Shape;
         *   (properties?: sbpc.Stage.$Properties): sbpc.Stage;
         * }}
         */
        Stage.create = function(properties) {
            return new Stage(properties);
        };

        /**
         * Encodes the specified Stage message. Does not implicitly {@link sbpc.Stage.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Stage
         * @static
         * @param {sbpc.Stage.$Properties} message Stage message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Stage.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.stage != null && $Object.hasOwnProperty.call(message, "stage") && message.stage !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.stage);
            if (message.layers != null && message.layers.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.layers);
            if (message.slots != null && message.slots.length)
                for (let i = 0; i < message.slots.length; ++i)
                    $root.sbpc.Slot.encode(message.slots[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.segments != null && message.segments.length)
                for (let i = 0; i < message.segments.length; ++i)
                    $root.sbpc.Segment.encode(message.segments[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.actions != null && message.actions.length)
                for (let i = 0; i < message.actions.length; ++i)
                    $root.sbpc.Action.encode(message.actions[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.deviceClass != null && message.deviceClass.length)
                writer.uint32(/* id 6, wireType 2 =*/50).uint32s(message.deviceClass);
            if (message.memory != null && message.memory.length)
                for (let i = 0; i < message.memory.length; ++i)
                    $root.sbpc.Memory.encode(message.memory[i], writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.phases != null && message.phases.length)
                for (let i = 0; i < message.phases.length; ++i)
                    $root.sbpc.Phase.encode(message.phases[i], writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
            if (message.buckets != null && message.buckets.length)
                for (let i = 0; i < message.buckets.length; ++i)
                    $root.sbpc.Bucket.encode(message.buckets[i], writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Stage message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Stage
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Stage & sbpc.Stage.$Shape} Stage
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Stage.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Stage();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.stage = value;
                        else
                            delete message.stage;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.layers && message.layers.length))
                                message.layers = [];
                            reader.uint32s(message.layers);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.layers && message.layers.length))
                            message.layers = [];
                        message.layers.push(reader.uint32());
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.slots && message.slots.length))
                            message.slots = [];
                        message.slots.push($root.sbpc.Slot.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.segments && message.segments.length))
                            message.segments = [];
                        message.segments.push($root.sbpc.Segment.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.actions && message.actions.length))
                            message.actions = [];
                        message.actions.push($root.sbpc.Action.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType === 2) {
                            if (!(message.deviceClass && message.deviceClass.length))
                                message.deviceClass = [];
                            reader.uint32s(message.deviceClass);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.deviceClass && message.deviceClass.length))
                            message.deviceClass = [];
                        message.deviceClass.push(reader.uint32());
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if (!(message.memory && message.memory.length))
                            message.memory = [];
                        message.memory.push($root.sbpc.Memory.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if (!(message.phases && message.phases.length))
                            message.phases = [];
                        message.phases.push($root.sbpc.Phase.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if (!(message.buckets && message.buckets.length))
                            message.buckets = [];
                        message.buckets.push($root.sbpc.Bucket.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Stage;
    })();

    sbpc.Bucket = (function() {

        /**
         * Properties of a Bucket.
         * @typedef {Object} sbpc.Bucket.$Properties
         * @property {number|null} [first] Bucket first
         * @property {number|null} [count] Bucket count
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Bucket.
         * @memberof sbpc
         * @interface IBucket
         * @augments sbpc.Bucket.$Properties
         * @deprecated Use sbpc.Bucket.$Properties instead.
         */

        /**
         * Shape of a Bucket.
         * @typedef {sbpc.Bucket.$Properties} sbpc.Bucket.$Shape
         */

        /**
         * Constructs a new Bucket.
         * @memberof sbpc
         * @classdesc Represents a Bucket.
         * @constructor
         * @param {sbpc.Bucket.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Bucket = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Bucket first.
         * @member {number} first
         * @memberof sbpc.Bucket
         * @instance
         */
        Bucket.prototype.first = 0;

        /**
         * Bucket count.
         * @member {number} count
         * @memberof sbpc.Bucket
         * @instance
         */
        Bucket.prototype.count = 0;

        /**
         * Creates a new Bucket instance using the specified properties.
         * @function create
         * @memberof sbpc.Bucket
         * @static
         * @param {sbpc.Bucket.$Properties=} [properties] Properties to set
         * @returns {sbpc.Bucket} Bucket instance
         * @type {{
         *   (properties: sbpc.Bucket.$Shape): sbpc.Bucket & sbpc.Bucket.$Shape;
         *   (properties?: sbpc.Bucket.$Properties): sbpc.Bucket;
         * }}
         */
        Bucket.create = function(properties) {
            return new Bucket(properties);
        };

        /**
         * Encodes the specified Bucket message. Does not implicitly {@link sbpc.Bucket.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Bucket
         * @static
         * @param {sbpc.Bucket.$Properties} message Bucket message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Bucket.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.first != null && $Object.hasOwnProperty.call(message, "first") && message.first !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.first);
            if (message.count != null && $Object.hasOwnProperty.call(message, "count") && message.count !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.count);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Bucket message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Bucket
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Bucket & sbpc.Bucket.$Shape} Bucket
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Bucket.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Bucket();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.first = value;
                        else
                            delete message.first;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.count = value;
                        else
                            delete message.count;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Bucket;
    })();

    sbpc.Phase = (function() {

        /**
         * Properties of a Phase.
         * @typedef {Object} sbpc.Phase.$Properties
         * @property {string|null} [kind] Phase kind
         * @property {number|null} [first] Phase first
         * @property {number|null} [count] Phase count
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Phase.
         * @memberof sbpc
         * @interface IPhase
         * @augments sbpc.Phase.$Properties
         * @deprecated Use sbpc.Phase.$Properties instead.
         */

        /**
         * Shape of a Phase.
         * @typedef {sbpc.Phase.$Properties} sbpc.Phase.$Shape
         */

        /**
         * Constructs a new Phase.
         * @memberof sbpc
         * @classdesc Represents a Phase.
         * @constructor
         * @param {sbpc.Phase.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Phase = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Phase kind.
         * @member {string} kind
         * @memberof sbpc.Phase
         * @instance
         */
        Phase.prototype.kind = "";

        /**
         * Phase first.
         * @member {number} first
         * @memberof sbpc.Phase
         * @instance
         */
        Phase.prototype.first = 0;

        /**
         * Phase count.
         * @member {number} count
         * @memberof sbpc.Phase
         * @instance
         */
        Phase.prototype.count = 0;

        /**
         * Creates a new Phase instance using the specified properties.
         * @function create
         * @memberof sbpc.Phase
         * @static
         * @param {sbpc.Phase.$Properties=} [properties] Properties to set
         * @returns {sbpc.Phase} Phase instance
         * @type {{
         *   (properties: sbpc.Phase.$Shape): sbpc.Phase & sbpc.Phase.$Shape;
         *   (properties?: sbpc.Phase.$Properties): sbpc.Phase;
         * }}
         */
        Phase.create = function(properties) {
            return new Phase(properties);
        };

        /**
         * Encodes the specified Phase message. Does not implicitly {@link sbpc.Phase.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Phase
         * @static
         * @param {sbpc.Phase.$Properties} message Phase message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Phase.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
            if (message.first != null && $Object.hasOwnProperty.call(message, "first") && message.first !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.first);
            if (message.count != null && $Object.hasOwnProperty.call(message, "count") && message.count !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.count);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Phase message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Phase
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Phase & sbpc.Phase.$Shape} Phase
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Phase.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Phase();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.first = value;
                        else
                            delete message.first;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.count = value;
                        else
                            delete message.count;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Phase;
    })();

    sbpc.Slot = (function() {

        /**
         * Properties of a Slot.
         * @typedef {Object} sbpc.Slot.$Properties
         * @property {string|null} [name] Slot name
         * @property {sbpc.Slot.Kind|null} [kind] Slot kind
         * @property {sbpc.TensorType.$Properties|null} [type] Slot type
         * @property {sbpc.Layout.$Properties|null} [layout] Slot layout
         * @property {Array.<sbpc.Shape.$Properties>|null} [localShapes] Slot localShapes
         * @property {sbpc.RankTable.$Properties|null} [table] Slot table
         * @property {sbpc.Slot.Lifetime.$Properties|null} [lifetime] Slot lifetime
         * @property {Array.<number|Long>|null} [offsets] Slot offsets
         * @property {number|null} [copies] Slot copies
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Slot.
         * @memberof sbpc
         * @interface ISlot
         * @augments sbpc.Slot.$Properties
         * @deprecated Use sbpc.Slot.$Properties instead.
         */

        /**
         * Shape of a Slot.
         * @typedef {sbpc.Slot.$Properties} sbpc.Slot.$Shape
         */

        /**
         * Constructs a new Slot.
         * @memberof sbpc
         * @classdesc Represents a Slot.
         * @constructor
         * @param {sbpc.Slot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Slot = function (properties) {
            this.localShapes = [];
            this.offsets = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Slot name.
         * @member {string} name
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.name = "";

        /**
         * Slot kind.
         * @member {sbpc.Slot.Kind} kind
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.kind = 0;

        /**
         * Slot type.
         * @member {sbpc.TensorType.$Properties|null|undefined} type
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.type = null;

        /**
         * Slot layout.
         * @member {sbpc.Layout.$Properties|null|undefined} layout
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.layout = null;

        /**
         * Slot localShapes.
         * @member {Array.<sbpc.Shape.$Properties>} localShapes
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.localShapes = $util.emptyArray;

        /**
         * Slot table.
         * @member {sbpc.RankTable.$Properties|null|undefined} table
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.table = null;

        /**
         * Slot lifetime.
         * @member {sbpc.Slot.Lifetime.$Properties|null|undefined} lifetime
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.lifetime = null;

        /**
         * Slot offsets.
         * @member {Array.<number|Long>} offsets
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.offsets = $util.emptyArray;

        /**
         * Slot copies.
         * @member {number} copies
         * @memberof sbpc.Slot
         * @instance
         */
        Slot.prototype.copies = 0;

        /**
         * Creates a new Slot instance using the specified properties.
         * @function create
         * @memberof sbpc.Slot
         * @static
         * @param {sbpc.Slot.$Properties=} [properties] Properties to set
         * @returns {sbpc.Slot} Slot instance
         * @type {{
         *   (properties: sbpc.Slot.$Shape): sbpc.Slot & sbpc.Slot.$Shape;
         *   (properties?: sbpc.Slot.$Properties): sbpc.Slot;
         * }}
         */
        Slot.create = function(properties) {
            return new Slot(properties);
        };

        /**
         * Encodes the specified Slot message. Does not implicitly {@link sbpc.Slot.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Slot
         * @static
         * @param {sbpc.Slot.$Properties} message Slot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Slot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.kind);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                $root.sbpc.TensorType.encode(message.type, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.layout != null && $Object.hasOwnProperty.call(message, "layout"))
                $root.sbpc.Layout.encode(message.layout, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.localShapes != null && message.localShapes.length)
                for (let i = 0; i < message.localShapes.length; ++i)
                    $root.sbpc.Shape.encode(message.localShapes[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.table != null && $Object.hasOwnProperty.call(message, "table"))
                $root.sbpc.RankTable.encode(message.table, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.lifetime != null && $Object.hasOwnProperty.call(message, "lifetime"))
                $root.sbpc.Slot.Lifetime.encode(message.lifetime, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.offsets != null && message.offsets.length)
                writer.uint32(/* id 8, wireType 2 =*/66).uint64s(message.offsets);
            if (message.copies != null && $Object.hasOwnProperty.call(message, "copies") && message.copies !== 0)
                writer.uint32(/* id 9, wireType 0 =*/72).uint32(message.copies);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Slot message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Slot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Slot & sbpc.Slot.$Shape} Slot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Slot.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Slot();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.type = $root.sbpc.TensorType.decode(reader, reader.size(), $undefined, _depth + 1, message.type);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.layout = $root.sbpc.Layout.decode(reader, reader.size(), $undefined, _depth + 1, message.layout);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.localShapes && message.localShapes.length))
                            message.localShapes = [];
                        message.localShapes.push($root.sbpc.Shape.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.table = $root.sbpc.RankTable.decode(reader, reader.size(), $undefined, _depth + 1, message.table);
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.lifetime = $root.sbpc.Slot.Lifetime.decode(reader, reader.size(), $undefined, _depth + 1, message.lifetime);
                        continue;
                    }
                case 8: {
                        if (wireType === 2) {
                            if (!(message.offsets && message.offsets.length))
                                message.offsets = [];
                            reader.uint64s(message.offsets);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.offsets && message.offsets.length))
                            message.offsets = [];
                        message.offsets.push(reader.uint64());
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.copies = value;
                        else
                            delete message.copies;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Kind enum.
         * @name sbpc.Slot.Kind
         * @enum {number}
         * @property {number} VALUE=0 VALUE value
         * @property {number} INPUT=1 INPUT value
         * @property {number} PARAMETER=2 PARAMETER value
         * @property {number} RANDOM=3 RANDOM value
         * @property {number} RANK=4 RANK value
         */
        Slot.Kind = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "VALUE"] = 0;
            values[valuesById[1] = "INPUT"] = 1;
            values[valuesById[2] = "PARAMETER"] = 2;
            values[valuesById[3] = "RANDOM"] = 3;
            values[valuesById[4] = "RANK"] = 4;
            return values;
        })();

        Slot.Lifetime = (function() {

            /**
             * Properties of a Lifetime.
             * @typedef {Object} sbpc.Slot.Lifetime.$Properties
             * @property {number|null} [first] Lifetime first
             * @property {number|null} [last] Lifetime last
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Lifetime.
             * @memberof sbpc.Slot
             * @interface ILifetime
             * @augments sbpc.Slot.Lifetime.$Properties
             * @deprecated Use sbpc.Slot.Lifetime.$Properties instead.
             */

            /**
             * Shape of a Lifetime.
             * @typedef {sbpc.Slot.Lifetime.$Properties} sbpc.Slot.Lifetime.$Shape
             */

            /**
             * Constructs a new Lifetime.
             * @memberof sbpc.Slot
             * @classdesc Represents a Lifetime.
             * @constructor
             * @param {sbpc.Slot.Lifetime.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Lifetime = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Lifetime first.
             * @member {number} first
             * @memberof sbpc.Slot.Lifetime
             * @instance
             */
            Lifetime.prototype.first = 0;

            /**
             * Lifetime last.
             * @member {number} last
             * @memberof sbpc.Slot.Lifetime
             * @instance
             */
            Lifetime.prototype.last = 0;

            /**
             * Creates a new Lifetime instance using the specified properties.
             * @function create
             * @memberof sbpc.Slot.Lifetime
             * @static
             * @param {sbpc.Slot.Lifetime.$Properties=} [properties] Properties to set
             * @returns {sbpc.Slot.Lifetime} Lifetime instance
             * @type {{
             *   (properties: sbpc.Slot.Lifetime.$Shape): sbpc.Slot.Lifetime & sbpc.Slot.Lifetime.$Shape;
             *   (properties?: sbpc.Slot.Lifetime.$Properties): sbpc.Slot.Lifetime;
             * }}
             */
            Lifetime.create = function(properties) {
                return new Lifetime(properties);
            };

            /**
             * Encodes the specified Lifetime message. Does not implicitly {@link sbpc.Slot.Lifetime.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Slot.Lifetime
             * @static
             * @param {sbpc.Slot.Lifetime.$Properties} message Lifetime message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Lifetime.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.first != null && $Object.hasOwnProperty.call(message, "first") && message.first !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.first);
                if (message.last != null && $Object.hasOwnProperty.call(message, "last") && message.last !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.last);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Lifetime message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Slot.Lifetime
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Slot.Lifetime & sbpc.Slot.Lifetime.$Shape} Lifetime
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Lifetime.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Slot.Lifetime();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.first = value;
                            else
                                delete message.first;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.last = value;
                            else
                                delete message.last;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Lifetime;
        })();

        return Slot;
    })();

    sbpc.RankTable = (function() {

        /**
         * Properties of a RankTable.
         * @typedef {Object} sbpc.RankTable.$Properties
         * @property {Array.<number>|null} [axes] RankTable axes
         * @property {Array.<sbpc.RankTable.Entry.$Properties>|null} [entries] RankTable entries
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a RankTable.
         * @memberof sbpc
         * @interface IRankTable
         * @augments sbpc.RankTable.$Properties
         * @deprecated Use sbpc.RankTable.$Properties instead.
         */

        /**
         * Shape of a RankTable.
         * @typedef {sbpc.RankTable.$Properties} sbpc.RankTable.$Shape
         */

        /**
         * Constructs a new RankTable.
         * @memberof sbpc
         * @classdesc Represents a RankTable.
         * @constructor
         * @param {sbpc.RankTable.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const RankTable = function (properties) {
            this.axes = [];
            this.entries = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * RankTable axes.
         * @member {Array.<number>} axes
         * @memberof sbpc.RankTable
         * @instance
         */
        RankTable.prototype.axes = $util.emptyArray;

        /**
         * RankTable entries.
         * @member {Array.<sbpc.RankTable.Entry.$Properties>} entries
         * @memberof sbpc.RankTable
         * @instance
         */
        RankTable.prototype.entries = $util.emptyArray;

        /**
         * Creates a new RankTable instance using the specified properties.
         * @function create
         * @memberof sbpc.RankTable
         * @static
         * @param {sbpc.RankTable.$Properties=} [properties] Properties to set
         * @returns {sbpc.RankTable} RankTable instance
         * @type {{
         *   (properties: sbpc.RankTable.$Shape): sbpc.RankTable & sbpc.RankTable.$Shape;
         *   (properties?: sbpc.RankTable.$Properties): sbpc.RankTable;
         * }}
         */
        RankTable.create = function(properties) {
            return new RankTable(properties);
        };

        /**
         * Encodes the specified RankTable message. Does not implicitly {@link sbpc.RankTable.verify|verify} messages.
         * @function encode
         * @memberof sbpc.RankTable
         * @static
         * @param {sbpc.RankTable.$Properties} message RankTable message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        RankTable.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.axes != null && message.axes.length)
                writer.uint32(/* id 1, wireType 2 =*/10).uint32s(message.axes);
            if (message.entries != null && message.entries.length)
                for (let i = 0; i < message.entries.length; ++i)
                    $root.sbpc.RankTable.Entry.encode(message.entries[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a RankTable message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.RankTable
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.RankTable & sbpc.RankTable.$Shape} RankTable
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        RankTable.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.RankTable();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.axes && message.axes.length))
                                message.axes = [];
                            reader.uint32s(message.axes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.axes && message.axes.length))
                            message.axes = [];
                        message.axes.push(reader.uint32());
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.entries && message.entries.length))
                            message.entries = [];
                        message.entries.push($root.sbpc.RankTable.Entry.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        RankTable.Entry = (function() {

            /**
             * Properties of an Entry.
             * @typedef {Object} sbpc.RankTable.Entry.$Properties
             * @property {Array.<number|Long>|null} [values] Entry values
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Entry.
             * @memberof sbpc.RankTable
             * @interface IEntry
             * @augments sbpc.RankTable.Entry.$Properties
             * @deprecated Use sbpc.RankTable.Entry.$Properties instead.
             */

            /**
             * Shape of an Entry.
             * @typedef {sbpc.RankTable.Entry.$Properties} sbpc.RankTable.Entry.$Shape
             */

            /**
             * Constructs a new Entry.
             * @memberof sbpc.RankTable
             * @classdesc Represents an Entry.
             * @constructor
             * @param {sbpc.RankTable.Entry.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Entry = function (properties) {
                this.values = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Entry values.
             * @member {Array.<number|Long>} values
             * @memberof sbpc.RankTable.Entry
             * @instance
             */
            Entry.prototype.values = $util.emptyArray;

            /**
             * Creates a new Entry instance using the specified properties.
             * @function create
             * @memberof sbpc.RankTable.Entry
             * @static
             * @param {sbpc.RankTable.Entry.$Properties=} [properties] Properties to set
             * @returns {sbpc.RankTable.Entry} Entry instance
             * @type {{
             *   (properties: sbpc.RankTable.Entry.$Shape): sbpc.RankTable.Entry & sbpc.RankTable.Entry.$Shape;
             *   (properties?: sbpc.RankTable.Entry.$Properties): sbpc.RankTable.Entry;
             * }}
             */
            Entry.create = function(properties) {
                return new Entry(properties);
            };

            /**
             * Encodes the specified Entry message. Does not implicitly {@link sbpc.RankTable.Entry.verify|verify} messages.
             * @function encode
             * @memberof sbpc.RankTable.Entry
             * @static
             * @param {sbpc.RankTable.Entry.$Properties} message Entry message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Entry.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.values != null && message.values.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).sint64s(message.values);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Entry message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.RankTable.Entry
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.RankTable.Entry & sbpc.RankTable.Entry.$Shape} Entry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Entry.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.RankTable.Entry();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType === 2) {
                                if (!(message.values && message.values.length))
                                    message.values = [];
                                reader.sint64s(message.values);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.values && message.values.length))
                                message.values = [];
                            message.values.push(reader.sint64());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Entry;
        })();

        return RankTable;
    })();

    sbpc.Segment = (function() {

        /**
         * Properties of a Segment.
         * @typedef {Object} sbpc.Segment.$Properties
         * @property {Array.<number>|null} [bodies] Segment bodies
         * @property {Array.<number>|null} [inputs] Segment inputs
         * @property {Array.<number>|null} [outputs] Segment outputs
         * @property {Array.<string>|null} [nodes] Segment nodes
         * @property {Array.<number>|null} [flops] Segment flops
         * @property {Array.<number>|null} [predictedSeconds] Segment predictedSeconds
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Segment.
         * @memberof sbpc
         * @interface ISegment
         * @augments sbpc.Segment.$Properties
         * @deprecated Use sbpc.Segment.$Properties instead.
         */

        /**
         * Shape of a Segment.
         * @typedef {sbpc.Segment.$Properties} sbpc.Segment.$Shape
         */

        /**
         * Constructs a new Segment.
         * @memberof sbpc
         * @classdesc Represents a Segment.
         * @constructor
         * @param {sbpc.Segment.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Segment = function (properties) {
            this.bodies = [];
            this.inputs = [];
            this.outputs = [];
            this.nodes = [];
            this.flops = [];
            this.predictedSeconds = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Segment bodies.
         * @member {Array.<number>} bodies
         * @memberof sbpc.Segment
         * @instance
         */
        Segment.prototype.bodies = $util.emptyArray;

        /**
         * Segment inputs.
         * @member {Array.<number>} inputs
         * @memberof sbpc.Segment
         * @instance
         */
        Segment.prototype.inputs = $util.emptyArray;

        /**
         * Segment outputs.
         * @member {Array.<number>} outputs
         * @memberof sbpc.Segment
         * @instance
         */
        Segment.prototype.outputs = $util.emptyArray;

        /**
         * Segment nodes.
         * @member {Array.<string>} nodes
         * @memberof sbpc.Segment
         * @instance
         */
        Segment.prototype.nodes = $util.emptyArray;

        /**
         * Segment flops.
         * @member {Array.<number>} flops
         * @memberof sbpc.Segment
         * @instance
         */
        Segment.prototype.flops = $util.emptyArray;

        /**
         * Segment predictedSeconds.
         * @member {Array.<number>} predictedSeconds
         * @memberof sbpc.Segment
         * @instance
         */
        Segment.prototype.predictedSeconds = $util.emptyArray;

        /**
         * Creates a new Segment instance using the specified properties.
         * @function create
         * @memberof sbpc.Segment
         * @static
         * @param {sbpc.Segment.$Properties=} [properties] Properties to set
         * @returns {sbpc.Segment} Segment instance
         * @type {{
         *   (properties: sbpc.Segment.$Shape): sbpc.Segment & sbpc.Segment.$Shape;
         *   (properties?: sbpc.Segment.$Properties): sbpc.Segment;
         * }}
         */
        Segment.create = function(properties) {
            return new Segment(properties);
        };

        /**
         * Encodes the specified Segment message. Does not implicitly {@link sbpc.Segment.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Segment
         * @static
         * @param {sbpc.Segment.$Properties} message Segment message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Segment.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.bodies != null && message.bodies.length)
                writer.uint32(/* id 1, wireType 2 =*/10).uint32s(message.bodies);
            if (message.inputs != null && message.inputs.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.inputs);
            if (message.outputs != null && message.outputs.length)
                writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.outputs);
            if (message.nodes != null && message.nodes.length)
                for (let i = 0; i < message.nodes.length; ++i)
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.nodes[i]);
            if (message.flops != null && message.flops.length)
                writer.uint32(/* id 5, wireType 2 =*/42).doubles(message.flops);
            if (message.predictedSeconds != null && message.predictedSeconds.length)
                writer.uint32(/* id 6, wireType 2 =*/50).doubles(message.predictedSeconds);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Segment message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Segment
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Segment & sbpc.Segment.$Shape} Segment
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Segment.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Segment();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.bodies && message.bodies.length))
                                message.bodies = [];
                            reader.uint32s(message.bodies);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.bodies && message.bodies.length))
                            message.bodies = [];
                        message.bodies.push(reader.uint32());
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.inputs && message.inputs.length))
                                message.inputs = [];
                            reader.uint32s(message.inputs);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.inputs && message.inputs.length))
                            message.inputs = [];
                        message.inputs.push(reader.uint32());
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.outputs && message.outputs.length))
                                message.outputs = [];
                            reader.uint32s(message.outputs);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.outputs && message.outputs.length))
                            message.outputs = [];
                        message.outputs.push(reader.uint32());
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.nodes && message.nodes.length))
                            message.nodes = [];
                        message.nodes.push(reader.stringVerify());
                        continue;
                    }
                case 5: {
                        if (wireType === 2) {
                            if (!(message.flops && message.flops.length))
                                message.flops = [];
                            reader.doubles(message.flops);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.flops && message.flops.length))
                            message.flops = [];
                        message.flops.push(reader.double());
                        continue;
                    }
                case 6: {
                        if (wireType === 2) {
                            if (!(message.predictedSeconds && message.predictedSeconds.length))
                                message.predictedSeconds = [];
                            reader.doubles(message.predictedSeconds);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.predictedSeconds && message.predictedSeconds.length))
                            message.predictedSeconds = [];
                        message.predictedSeconds.push(reader.double());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Segment;
    })();

    sbpc.Action = (function() {

        /**
         * Properties of an Action.
         * @typedef {Object} sbpc.Action.$Properties
         * @property {sbpc.Action.RunSegment.$Properties|null} [segment] Action segment
         * @property {sbpc.Action.Collective.$Properties|null} [collective] Action collective
         * @property {sbpc.Action.Send.$Properties|null} [send] Action send
         * @property {sbpc.Action.Receive.$Properties|null} [receive] Action receive
         * @property {sbpc.Action.Accumulate.$Properties|null} [accumulate] Action accumulate
         * @property {sbpc.Action.Assign.$Properties|null} [assign] Action assign
         * @property {"segment"|"collective"|"send"|"receive"|"accumulate"|"assign"} [action] Action action
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Action.
         * @memberof sbpc
         * @interface IAction
         * @augments sbpc.Action.$Properties
         * @deprecated Use sbpc.Action.$Properties instead.
         */

        /**
         * Narrowed shape of an Action.
         * @typedef {{
         *   segment?: sbpc.Action.RunSegment.$Shape|null;
         *   collective?: sbpc.Action.Collective.$Shape|null;
         *   send?: sbpc.Action.Send.$Shape|null;
         *   receive?: sbpc.Action.Receive.$Shape|null;
         *   accumulate?: sbpc.Action.Accumulate.$Shape|null;
         *   assign?: sbpc.Action.Assign.$Shape|null;
         *   $unknowns?: Array.<Uint8Array>;
         * } & (
         *   ({ action?: undefined; segment?: null; collective?: null; send?: null; receive?: null; accumulate?: null; assign?: null }|{ action?: "segment"; segment: sbpc.Action.RunSegment.$Shape; collective?: null; send?: null; receive?: null; accumulate?: null; assign?: null }|{ action?: "collective"; segment?: null; collective: sbpc.Action.Collective.$Shape; send?: null; receive?: null; accumulate?: null; assign?: null }|{ action?: "send"; segment?: null; collective?: null; send: sbpc.Action.Send.$Shape; receive?: null; accumulate?: null; assign?: null }|{ action?: "receive"; segment?: null; collective?: null; send?: null; receive: sbpc.Action.Receive.$Shape; accumulate?: null; assign?: null }|{ action?: "accumulate"; segment?: null; collective?: null; send?: null; receive?: null; accumulate: sbpc.Action.Accumulate.$Shape; assign?: null }|{ action?: "assign"; segment?: null; collective?: null; send?: null; receive?: null; accumulate?: null; assign: sbpc.Action.Assign.$Shape })
         * )} sbpc.Action.$Shape
         */

        /**
         * Constructs a new Action.
         * @memberof sbpc
         * @classdesc Represents an Action.
         * @constructor
         * @param {sbpc.Action.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Action = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Action segment.
         * @member {sbpc.Action.RunSegment.$Properties|null|undefined} segment
         * @memberof sbpc.Action
         * @instance
         */
        Action.prototype.segment = null;

        /**
         * Action collective.
         * @member {sbpc.Action.Collective.$Properties|null|undefined} collective
         * @memberof sbpc.Action
         * @instance
         */
        Action.prototype.collective = null;

        /**
         * Action send.
         * @member {sbpc.Action.Send.$Properties|null|undefined} send
         * @memberof sbpc.Action
         * @instance
         */
        Action.prototype.send = null;

        /**
         * Action receive.
         * @member {sbpc.Action.Receive.$Properties|null|undefined} receive
         * @memberof sbpc.Action
         * @instance
         */
        Action.prototype.receive = null;

        /**
         * Action accumulate.
         * @member {sbpc.Action.Accumulate.$Properties|null|undefined} accumulate
         * @memberof sbpc.Action
         * @instance
         */
        Action.prototype.accumulate = null;

        /**
         * Action assign.
         * @member {sbpc.Action.Assign.$Properties|null|undefined} assign
         * @memberof sbpc.Action
         * @instance
         */
        Action.prototype.assign = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        /**
         * Action action.
         * @member {"segment"|"collective"|"send"|"receive"|"accumulate"|"assign"|undefined} action
         * @memberof sbpc.Action
         * @instance
         */
        $Object.defineProperty(Action.prototype, "action", {
            get: $util.oneOfGetter($oneOfFields = ["segment", "collective", "send", "receive", "accumulate", "assign"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Action instance using the specified properties.
         * @function create
         * @memberof sbpc.Action
         * @static
         * @param {sbpc.Action.$Properties=} [properties] Properties to set
         * @returns {sbpc.Action} Action instance
         * @type {{
         *   (properties: sbpc.Action.$Shape): sbpc.Action & sbpc.Action.$Shape;
         *   (properties?: sbpc.Action.$Properties): sbpc.Action;
         * }}
         */
        Action.create = function(properties) {
            return new Action(properties);
        };

        /**
         * Encodes the specified Action message. Does not implicitly {@link sbpc.Action.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Action
         * @static
         * @param {sbpc.Action.$Properties} message Action message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Action.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.segment != null && $Object.hasOwnProperty.call(message, "segment"))
                $root.sbpc.Action.RunSegment.encode(message.segment, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.collective != null && $Object.hasOwnProperty.call(message, "collective"))
                $root.sbpc.Action.Collective.encode(message.collective, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.send != null && $Object.hasOwnProperty.call(message, "send"))
                $root.sbpc.Action.Send.encode(message.send, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.receive != null && $Object.hasOwnProperty.call(message, "receive"))
                $root.sbpc.Action.Receive.encode(message.receive, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.accumulate != null && $Object.hasOwnProperty.call(message, "accumulate"))
                $root.sbpc.Action.Accumulate.encode(message.accumulate, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.assign != null && $Object.hasOwnProperty.call(message, "assign"))
                $root.sbpc.Action.Assign.encode(message.assign, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Action message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Action
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Action & sbpc.Action.$Shape} Action
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Action.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Action();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.segment = $root.sbpc.Action.RunSegment.decode(reader, reader.size(), $undefined, _depth + 1, message.segment);
                        message.action = "segment";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.collective = $root.sbpc.Action.Collective.decode(reader, reader.size(), $undefined, _depth + 1, message.collective);
                        message.action = "collective";
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.send = $root.sbpc.Action.Send.decode(reader, reader.size(), $undefined, _depth + 1, message.send);
                        message.action = "send";
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.receive = $root.sbpc.Action.Receive.decode(reader, reader.size(), $undefined, _depth + 1, message.receive);
                        message.action = "receive";
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.accumulate = $root.sbpc.Action.Accumulate.decode(reader, reader.size(), $undefined, _depth + 1, message.accumulate);
                        message.action = "accumulate";
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.assign = $root.sbpc.Action.Assign.decode(reader, reader.size(), $undefined, _depth + 1, message.assign);
                        message.action = "assign";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        Action.RunSegment = (function() {

            /**
             * Properties of a RunSegment.
             * @typedef {Object} sbpc.Action.RunSegment.$Properties
             * @property {number|null} [segment] RunSegment segment
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RunSegment.
             * @memberof sbpc.Action
             * @interface IRunSegment
             * @augments sbpc.Action.RunSegment.$Properties
             * @deprecated Use sbpc.Action.RunSegment.$Properties instead.
             */

            /**
             * Shape of a RunSegment.
             * @typedef {sbpc.Action.RunSegment.$Properties} sbpc.Action.RunSegment.$Shape
             */

            /**
             * Constructs a new RunSegment.
             * @memberof sbpc.Action
             * @classdesc Represents a RunSegment.
             * @constructor
             * @param {sbpc.Action.RunSegment.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RunSegment = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RunSegment segment.
             * @member {number} segment
             * @memberof sbpc.Action.RunSegment
             * @instance
             */
            RunSegment.prototype.segment = 0;

            /**
             * Creates a new RunSegment instance using the specified properties.
             * @function create
             * @memberof sbpc.Action.RunSegment
             * @static
             * @param {sbpc.Action.RunSegment.$Properties=} [properties] Properties to set
             * @returns {sbpc.Action.RunSegment} RunSegment instance
             * @type {{
             *   (properties: sbpc.Action.RunSegment.$Shape): sbpc.Action.RunSegment & sbpc.Action.RunSegment.$Shape;
             *   (properties?: sbpc.Action.RunSegment.$Properties): sbpc.Action.RunSegment;
             * }}
             */
            RunSegment.create = function(properties) {
                return new RunSegment(properties);
            };

            /**
             * Encodes the specified RunSegment message. Does not implicitly {@link sbpc.Action.RunSegment.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Action.RunSegment
             * @static
             * @param {sbpc.Action.RunSegment.$Properties} message RunSegment message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RunSegment.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.segment != null && $Object.hasOwnProperty.call(message, "segment") && message.segment !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.segment);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RunSegment message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Action.RunSegment
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Action.RunSegment & sbpc.Action.RunSegment.$Shape} RunSegment
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RunSegment.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Action.RunSegment();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.segment = value;
                            else
                                delete message.segment;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RunSegment;
        })();

        Action.Collective = (function() {

            /**
             * Properties of a Collective.
             * @typedef {Object} sbpc.Action.Collective.$Properties
             * @property {number|null} [boxing] Collective boxing
             * @property {number|null} [input] Collective input
             * @property {number|null} [output] Collective output
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Collective.
             * @memberof sbpc.Action
             * @interface ICollective
             * @augments sbpc.Action.Collective.$Properties
             * @deprecated Use sbpc.Action.Collective.$Properties instead.
             */

            /**
             * Shape of a Collective.
             * @typedef {sbpc.Action.Collective.$Properties} sbpc.Action.Collective.$Shape
             */

            /**
             * Constructs a new Collective.
             * @memberof sbpc.Action
             * @classdesc Represents a Collective.
             * @constructor
             * @param {sbpc.Action.Collective.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Collective = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Collective boxing.
             * @member {number} boxing
             * @memberof sbpc.Action.Collective
             * @instance
             */
            Collective.prototype.boxing = 0;

            /**
             * Collective input.
             * @member {number} input
             * @memberof sbpc.Action.Collective
             * @instance
             */
            Collective.prototype.input = 0;

            /**
             * Collective output.
             * @member {number} output
             * @memberof sbpc.Action.Collective
             * @instance
             */
            Collective.prototype.output = 0;

            /**
             * Creates a new Collective instance using the specified properties.
             * @function create
             * @memberof sbpc.Action.Collective
             * @static
             * @param {sbpc.Action.Collective.$Properties=} [properties] Properties to set
             * @returns {sbpc.Action.Collective} Collective instance
             * @type {{
             *   (properties: sbpc.Action.Collective.$Shape): sbpc.Action.Collective & sbpc.Action.Collective.$Shape;
             *   (properties?: sbpc.Action.Collective.$Properties): sbpc.Action.Collective;
             * }}
             */
            Collective.create = function(properties) {
                return new Collective(properties);
            };

            /**
             * Encodes the specified Collective message. Does not implicitly {@link sbpc.Action.Collective.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Action.Collective
             * @static
             * @param {sbpc.Action.Collective.$Properties} message Collective message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Collective.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.boxing != null && $Object.hasOwnProperty.call(message, "boxing") && message.boxing !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.boxing);
                if (message.input != null && $Object.hasOwnProperty.call(message, "input") && message.input !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.input);
                if (message.output != null && $Object.hasOwnProperty.call(message, "output") && message.output !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.output);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Collective message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Action.Collective
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Action.Collective & sbpc.Action.Collective.$Shape} Collective
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Collective.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Action.Collective();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.boxing = value;
                            else
                                delete message.boxing;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.input = value;
                            else
                                delete message.input;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.output = value;
                            else
                                delete message.output;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Collective;
        })();

        Action.Send = (function() {

            /**
             * Properties of a Send.
             * @typedef {Object} sbpc.Action.Send.$Properties
             * @property {number|null} [boxing] Send boxing
             * @property {number|null} [input] Send input
             * @property {number|null} [toStage] Send toStage
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Send.
             * @memberof sbpc.Action
             * @interface ISend
             * @augments sbpc.Action.Send.$Properties
             * @deprecated Use sbpc.Action.Send.$Properties instead.
             */

            /**
             * Shape of a Send.
             * @typedef {sbpc.Action.Send.$Properties} sbpc.Action.Send.$Shape
             */

            /**
             * Constructs a new Send.
             * @memberof sbpc.Action
             * @classdesc Represents a Send.
             * @constructor
             * @param {sbpc.Action.Send.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Send = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Send boxing.
             * @member {number} boxing
             * @memberof sbpc.Action.Send
             * @instance
             */
            Send.prototype.boxing = 0;

            /**
             * Send input.
             * @member {number} input
             * @memberof sbpc.Action.Send
             * @instance
             */
            Send.prototype.input = 0;

            /**
             * Send toStage.
             * @member {number} toStage
             * @memberof sbpc.Action.Send
             * @instance
             */
            Send.prototype.toStage = 0;

            /**
             * Creates a new Send instance using the specified properties.
             * @function create
             * @memberof sbpc.Action.Send
             * @static
             * @param {sbpc.Action.Send.$Properties=} [properties] Properties to set
             * @returns {sbpc.Action.Send} Send instance
             * @type {{
             *   (properties: sbpc.Action.Send.$Shape): sbpc.Action.Send & sbpc.Action.Send.$Shape;
             *   (properties?: sbpc.Action.Send.$Properties): sbpc.Action.Send;
             * }}
             */
            Send.create = function(properties) {
                return new Send(properties);
            };

            /**
             * Encodes the specified Send message. Does not implicitly {@link sbpc.Action.Send.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Action.Send
             * @static
             * @param {sbpc.Action.Send.$Properties} message Send message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Send.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.boxing != null && $Object.hasOwnProperty.call(message, "boxing") && message.boxing !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.boxing);
                if (message.input != null && $Object.hasOwnProperty.call(message, "input") && message.input !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.input);
                if (message.toStage != null && $Object.hasOwnProperty.call(message, "toStage") && message.toStage !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.toStage);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Send message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Action.Send
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Action.Send & sbpc.Action.Send.$Shape} Send
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Send.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Action.Send();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.boxing = value;
                            else
                                delete message.boxing;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.input = value;
                            else
                                delete message.input;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.toStage = value;
                            else
                                delete message.toStage;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Send;
        })();

        Action.Receive = (function() {

            /**
             * Properties of a Receive.
             * @typedef {Object} sbpc.Action.Receive.$Properties
             * @property {number|null} [boxing] Receive boxing
             * @property {number|null} [output] Receive output
             * @property {number|null} [fromStage] Receive fromStage
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Receive.
             * @memberof sbpc.Action
             * @interface IReceive
             * @augments sbpc.Action.Receive.$Properties
             * @deprecated Use sbpc.Action.Receive.$Properties instead.
             */

            /**
             * Shape of a Receive.
             * @typedef {sbpc.Action.Receive.$Properties} sbpc.Action.Receive.$Shape
             */

            /**
             * Constructs a new Receive.
             * @memberof sbpc.Action
             * @classdesc Represents a Receive.
             * @constructor
             * @param {sbpc.Action.Receive.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Receive = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Receive boxing.
             * @member {number} boxing
             * @memberof sbpc.Action.Receive
             * @instance
             */
            Receive.prototype.boxing = 0;

            /**
             * Receive output.
             * @member {number} output
             * @memberof sbpc.Action.Receive
             * @instance
             */
            Receive.prototype.output = 0;

            /**
             * Receive fromStage.
             * @member {number} fromStage
             * @memberof sbpc.Action.Receive
             * @instance
             */
            Receive.prototype.fromStage = 0;

            /**
             * Creates a new Receive instance using the specified properties.
             * @function create
             * @memberof sbpc.Action.Receive
             * @static
             * @param {sbpc.Action.Receive.$Properties=} [properties] Properties to set
             * @returns {sbpc.Action.Receive} Receive instance
             * @type {{
             *   (properties: sbpc.Action.Receive.$Shape): sbpc.Action.Receive & sbpc.Action.Receive.$Shape;
             *   (properties?: sbpc.Action.Receive.$Properties): sbpc.Action.Receive;
             * }}
             */
            Receive.create = function(properties) {
                return new Receive(properties);
            };

            /**
             * Encodes the specified Receive message. Does not implicitly {@link sbpc.Action.Receive.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Action.Receive
             * @static
             * @param {sbpc.Action.Receive.$Properties} message Receive message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Receive.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.boxing != null && $Object.hasOwnProperty.call(message, "boxing") && message.boxing !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.boxing);
                if (message.output != null && $Object.hasOwnProperty.call(message, "output") && message.output !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.output);
                if (message.fromStage != null && $Object.hasOwnProperty.call(message, "fromStage") && message.fromStage !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.fromStage);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Receive message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Action.Receive
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Action.Receive & sbpc.Action.Receive.$Shape} Receive
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Receive.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Action.Receive();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.boxing = value;
                            else
                                delete message.boxing;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.output = value;
                            else
                                delete message.output;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.fromStage = value;
                            else
                                delete message.fromStage;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Receive;
        })();

        Action.Accumulate = (function() {

            /**
             * Properties of an Accumulate.
             * @typedef {Object} sbpc.Action.Accumulate.$Properties
             * @property {number|null} [input] Accumulate input
             * @property {number|null} [output] Accumulate output
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Accumulate.
             * @memberof sbpc.Action
             * @interface IAccumulate
             * @augments sbpc.Action.Accumulate.$Properties
             * @deprecated Use sbpc.Action.Accumulate.$Properties instead.
             */

            /**
             * Shape of an Accumulate.
             * @typedef {sbpc.Action.Accumulate.$Properties} sbpc.Action.Accumulate.$Shape
             */

            /**
             * Constructs a new Accumulate.
             * @memberof sbpc.Action
             * @classdesc Represents an Accumulate.
             * @constructor
             * @param {sbpc.Action.Accumulate.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Accumulate = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Accumulate input.
             * @member {number} input
             * @memberof sbpc.Action.Accumulate
             * @instance
             */
            Accumulate.prototype.input = 0;

            /**
             * Accumulate output.
             * @member {number} output
             * @memberof sbpc.Action.Accumulate
             * @instance
             */
            Accumulate.prototype.output = 0;

            /**
             * Creates a new Accumulate instance using the specified properties.
             * @function create
             * @memberof sbpc.Action.Accumulate
             * @static
             * @param {sbpc.Action.Accumulate.$Properties=} [properties] Properties to set
             * @returns {sbpc.Action.Accumulate} Accumulate instance
             * @type {{
             *   (properties: sbpc.Action.Accumulate.$Shape): sbpc.Action.Accumulate & sbpc.Action.Accumulate.$Shape;
             *   (properties?: sbpc.Action.Accumulate.$Properties): sbpc.Action.Accumulate;
             * }}
             */
            Accumulate.create = function(properties) {
                return new Accumulate(properties);
            };

            /**
             * Encodes the specified Accumulate message. Does not implicitly {@link sbpc.Action.Accumulate.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Action.Accumulate
             * @static
             * @param {sbpc.Action.Accumulate.$Properties} message Accumulate message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Accumulate.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.input != null && $Object.hasOwnProperty.call(message, "input") && message.input !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.input);
                if (message.output != null && $Object.hasOwnProperty.call(message, "output") && message.output !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.output);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Accumulate message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Action.Accumulate
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Action.Accumulate & sbpc.Action.Accumulate.$Shape} Accumulate
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Accumulate.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Action.Accumulate();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.input = value;
                            else
                                delete message.input;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.output = value;
                            else
                                delete message.output;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Accumulate;
        })();

        Action.Assign = (function() {

            /**
             * Properties of an Assign.
             * @typedef {Object} sbpc.Action.Assign.$Properties
             * @property {number|null} [parameter] Assign parameter
             * @property {number|null} [input] Assign input
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Assign.
             * @memberof sbpc.Action
             * @interface IAssign
             * @augments sbpc.Action.Assign.$Properties
             * @deprecated Use sbpc.Action.Assign.$Properties instead.
             */

            /**
             * Shape of an Assign.
             * @typedef {sbpc.Action.Assign.$Properties} sbpc.Action.Assign.$Shape
             */

            /**
             * Constructs a new Assign.
             * @memberof sbpc.Action
             * @classdesc Represents an Assign.
             * @constructor
             * @param {sbpc.Action.Assign.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Assign = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Assign parameter.
             * @member {number} parameter
             * @memberof sbpc.Action.Assign
             * @instance
             */
            Assign.prototype.parameter = 0;

            /**
             * Assign input.
             * @member {number} input
             * @memberof sbpc.Action.Assign
             * @instance
             */
            Assign.prototype.input = 0;

            /**
             * Creates a new Assign instance using the specified properties.
             * @function create
             * @memberof sbpc.Action.Assign
             * @static
             * @param {sbpc.Action.Assign.$Properties=} [properties] Properties to set
             * @returns {sbpc.Action.Assign} Assign instance
             * @type {{
             *   (properties: sbpc.Action.Assign.$Shape): sbpc.Action.Assign & sbpc.Action.Assign.$Shape;
             *   (properties?: sbpc.Action.Assign.$Properties): sbpc.Action.Assign;
             * }}
             */
            Assign.create = function(properties) {
                return new Assign(properties);
            };

            /**
             * Encodes the specified Assign message. Does not implicitly {@link sbpc.Action.Assign.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Action.Assign
             * @static
             * @param {sbpc.Action.Assign.$Properties} message Assign message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Assign.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.parameter != null && $Object.hasOwnProperty.call(message, "parameter") && message.parameter !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.parameter);
                if (message.input != null && $Object.hasOwnProperty.call(message, "input") && message.input !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.input);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Assign message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Action.Assign
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Action.Assign & sbpc.Action.Assign.$Shape} Assign
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Assign.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Action.Assign();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.parameter = value;
                            else
                                delete message.parameter;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.input = value;
                            else
                                delete message.input;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Assign;
        })();

        return Action;
    })();

    sbpc.Memory = (function() {

        /**
         * Properties of a Memory.
         * @typedef {Object} sbpc.Memory.$Properties
         * @property {number|Long|null} [arenaBytes] Memory arenaBytes
         * @property {number|Long|null} [peakBytes] Memory peakBytes
         * @property {number|null} [peakAction] Memory peakAction
         * @property {number|Long|null} [parameterBytes] Memory parameterBytes
         * @property {number|Long|null} [inputBytes] Memory inputBytes
         * @property {number|Long|null} [segmentScratchBytes] Memory segmentScratchBytes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Memory.
         * @memberof sbpc
         * @interface IMemory
         * @augments sbpc.Memory.$Properties
         * @deprecated Use sbpc.Memory.$Properties instead.
         */

        /**
         * Shape of a Memory.
         * @typedef {sbpc.Memory.$Properties} sbpc.Memory.$Shape
         */

        /**
         * Constructs a new Memory.
         * @memberof sbpc
         * @classdesc Represents a Memory.
         * @constructor
         * @param {sbpc.Memory.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Memory = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Memory arenaBytes.
         * @member {number|Long} arenaBytes
         * @memberof sbpc.Memory
         * @instance
         */
        Memory.prototype.arenaBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Memory peakBytes.
         * @member {number|Long} peakBytes
         * @memberof sbpc.Memory
         * @instance
         */
        Memory.prototype.peakBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Memory peakAction.
         * @member {number} peakAction
         * @memberof sbpc.Memory
         * @instance
         */
        Memory.prototype.peakAction = 0;

        /**
         * Memory parameterBytes.
         * @member {number|Long} parameterBytes
         * @memberof sbpc.Memory
         * @instance
         */
        Memory.prototype.parameterBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Memory inputBytes.
         * @member {number|Long} inputBytes
         * @memberof sbpc.Memory
         * @instance
         */
        Memory.prototype.inputBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Memory segmentScratchBytes.
         * @member {number|Long} segmentScratchBytes
         * @memberof sbpc.Memory
         * @instance
         */
        Memory.prototype.segmentScratchBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Creates a new Memory instance using the specified properties.
         * @function create
         * @memberof sbpc.Memory
         * @static
         * @param {sbpc.Memory.$Properties=} [properties] Properties to set
         * @returns {sbpc.Memory} Memory instance
         * @type {{
         *   (properties: sbpc.Memory.$Shape): sbpc.Memory & sbpc.Memory.$Shape;
         *   (properties?: sbpc.Memory.$Properties): sbpc.Memory;
         * }}
         */
        Memory.create = function(properties) {
            return new Memory(properties);
        };

        /**
         * Encodes the specified Memory message. Does not implicitly {@link sbpc.Memory.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Memory
         * @static
         * @param {sbpc.Memory.$Properties} message Memory message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Memory.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.arenaBytes != null && $Object.hasOwnProperty.call(message, "arenaBytes") && (typeof message.arenaBytes === "object" ? message.arenaBytes.low || message.arenaBytes.high : message.arenaBytes !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.arenaBytes);
            if (message.peakBytes != null && $Object.hasOwnProperty.call(message, "peakBytes") && (typeof message.peakBytes === "object" ? message.peakBytes.low || message.peakBytes.high : message.peakBytes !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.peakBytes);
            if (message.peakAction != null && $Object.hasOwnProperty.call(message, "peakAction") && message.peakAction !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.peakAction);
            if (message.parameterBytes != null && $Object.hasOwnProperty.call(message, "parameterBytes") && (typeof message.parameterBytes === "object" ? message.parameterBytes.low || message.parameterBytes.high : message.parameterBytes !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.parameterBytes);
            if (message.inputBytes != null && $Object.hasOwnProperty.call(message, "inputBytes") && (typeof message.inputBytes === "object" ? message.inputBytes.low || message.inputBytes.high : message.inputBytes !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.inputBytes);
            if (message.segmentScratchBytes != null && $Object.hasOwnProperty.call(message, "segmentScratchBytes") && (typeof message.segmentScratchBytes === "object" ? message.segmentScratchBytes.low || message.segmentScratchBytes.high : message.segmentScratchBytes !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.segmentScratchBytes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Memory message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Memory
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Memory & sbpc.Memory.$Shape} Memory
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Memory.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Memory();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.arenaBytes = value;
                        else
                            delete message.arenaBytes;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.peakBytes = value;
                        else
                            delete message.peakBytes;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.peakAction = value;
                        else
                            delete message.peakAction;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.parameterBytes = value;
                        else
                            delete message.parameterBytes;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.inputBytes = value;
                        else
                            delete message.inputBytes;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.segmentScratchBytes = value;
                        else
                            delete message.segmentScratchBytes;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Memory;
    })();

    sbpc.Boxing = (function() {

        /**
         * Properties of a Boxing.
         * @typedef {Object} sbpc.Boxing.$Properties
         * @property {sbpc.Boxing.Kind|null} [kind] Boxing kind
         * @property {string|null} [input] Boxing input
         * @property {string|null} [output] Boxing output
         * @property {sbpc.TensorType.$Properties|null} [type] Boxing type
         * @property {sbpc.Layout.$Properties|null} [from] Boxing from
         * @property {sbpc.Layout.$Properties|null} [to] Boxing to
         * @property {Array.<number>|null} [axes] Boxing axes
         * @property {number|null} [fromStage] Boxing fromStage
         * @property {number|null} [toStage] Boxing toStage
         * @property {Array.<number|Long>|null} [bytes] Boxing bytes
         * @property {number|null} [predictedSeconds] Boxing predictedSeconds
         * @property {string|null} [location] Boxing location
         * @property {number|null} [latencySeconds] Boxing latencySeconds
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Boxing.
         * @memberof sbpc
         * @interface IBoxing
         * @augments sbpc.Boxing.$Properties
         * @deprecated Use sbpc.Boxing.$Properties instead.
         */

        /**
         * Shape of a Boxing.
         * @typedef {sbpc.Boxing.$Properties} sbpc.Boxing.$Shape
         */

        /**
         * Constructs a new Boxing.
         * @memberof sbpc
         * @classdesc Represents a Boxing.
         * @constructor
         * @param {sbpc.Boxing.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Boxing = function (properties) {
            this.axes = [];
            this.bytes = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Boxing kind.
         * @member {sbpc.Boxing.Kind} kind
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.kind = 0;

        /**
         * Boxing input.
         * @member {string} input
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.input = "";

        /**
         * Boxing output.
         * @member {string} output
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.output = "";

        /**
         * Boxing type.
         * @member {sbpc.TensorType.$Properties|null|undefined} type
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.type = null;

        /**
         * Boxing from.
         * @member {sbpc.Layout.$Properties|null|undefined} from
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.from = null;

        /**
         * Boxing to.
         * @member {sbpc.Layout.$Properties|null|undefined} to
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.to = null;

        /**
         * Boxing axes.
         * @member {Array.<number>} axes
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.axes = $util.emptyArray;

        /**
         * Boxing fromStage.
         * @member {number} fromStage
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.fromStage = 0;

        /**
         * Boxing toStage.
         * @member {number} toStage
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.toStage = 0;

        /**
         * Boxing bytes.
         * @member {Array.<number|Long>} bytes
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.bytes = $util.emptyArray;

        /**
         * Boxing predictedSeconds.
         * @member {number} predictedSeconds
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.predictedSeconds = 0;

        /**
         * Boxing location.
         * @member {string} location
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.location = "";

        /**
         * Boxing latencySeconds.
         * @member {number} latencySeconds
         * @memberof sbpc.Boxing
         * @instance
         */
        Boxing.prototype.latencySeconds = 0;

        /**
         * Creates a new Boxing instance using the specified properties.
         * @function create
         * @memberof sbpc.Boxing
         * @static
         * @param {sbpc.Boxing.$Properties=} [properties] Properties to set
         * @returns {sbpc.Boxing} Boxing instance
         * @type {{
         *   (properties: sbpc.Boxing.$Shape): sbpc.Boxing & sbpc.Boxing.$Shape;
         *   (properties?: sbpc.Boxing.$Properties): sbpc.Boxing;
         * }}
         */
        Boxing.create = function(properties) {
            return new Boxing(properties);
        };

        /**
         * Encodes the specified Boxing message. Does not implicitly {@link sbpc.Boxing.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Boxing
         * @static
         * @param {sbpc.Boxing.$Properties} message Boxing message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Boxing.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.kind);
            if (message.input != null && $Object.hasOwnProperty.call(message, "input") && message.input !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.input);
            if (message.output != null && $Object.hasOwnProperty.call(message, "output") && message.output !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.output);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                $root.sbpc.TensorType.encode(message.type, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.from != null && $Object.hasOwnProperty.call(message, "from"))
                $root.sbpc.Layout.encode(message.from, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.to != null && $Object.hasOwnProperty.call(message, "to"))
                $root.sbpc.Layout.encode(message.to, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.axes != null && message.axes.length)
                writer.uint32(/* id 7, wireType 2 =*/58).uint32s(message.axes);
            if (message.fromStage != null && $Object.hasOwnProperty.call(message, "fromStage") && message.fromStage !== 0)
                writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.fromStage);
            if (message.toStage != null && $Object.hasOwnProperty.call(message, "toStage") && message.toStage !== 0)
                writer.uint32(/* id 9, wireType 0 =*/72).uint32(message.toStage);
            if (message.bytes != null && message.bytes.length)
                writer.uint32(/* id 10, wireType 2 =*/82).uint64s(message.bytes);
            if (message.predictedSeconds != null && $Object.hasOwnProperty.call(message, "predictedSeconds") && !$Object.is(message.predictedSeconds, 0))
                writer.uint32(/* id 11, wireType 1 =*/89).double(message.predictedSeconds);
            if (message.location != null && $Object.hasOwnProperty.call(message, "location") && message.location !== "")
                writer.uint32(/* id 12, wireType 2 =*/98).string(message.location);
            if (message.latencySeconds != null && $Object.hasOwnProperty.call(message, "latencySeconds") && !$Object.is(message.latencySeconds, 0))
                writer.uint32(/* id 13, wireType 1 =*/105).double(message.latencySeconds);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Boxing message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Boxing
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Boxing & sbpc.Boxing.$Shape} Boxing
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Boxing.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Boxing();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.input = value;
                        else
                            delete message.input;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.output = value;
                        else
                            delete message.output;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.type = $root.sbpc.TensorType.decode(reader, reader.size(), $undefined, _depth + 1, message.type);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.from = $root.sbpc.Layout.decode(reader, reader.size(), $undefined, _depth + 1, message.from);
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.to = $root.sbpc.Layout.decode(reader, reader.size(), $undefined, _depth + 1, message.to);
                        continue;
                    }
                case 7: {
                        if (wireType === 2) {
                            if (!(message.axes && message.axes.length))
                                message.axes = [];
                            reader.uint32s(message.axes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.axes && message.axes.length))
                            message.axes = [];
                        message.axes.push(reader.uint32());
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.fromStage = value;
                        else
                            delete message.fromStage;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.toStage = value;
                        else
                            delete message.toStage;
                        continue;
                    }
                case 10: {
                        if (wireType === 2) {
                            if (!(message.bytes && message.bytes.length))
                                message.bytes = [];
                            reader.uint64s(message.bytes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.bytes && message.bytes.length))
                            message.bytes = [];
                        message.bytes.push(reader.uint64());
                        continue;
                    }
                case 11: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.predictedSeconds = value;
                        else
                            delete message.predictedSeconds;
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.location = value;
                        else
                            delete message.location;
                        continue;
                    }
                case 13: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.latencySeconds = value;
                        else
                            delete message.latencySeconds;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Kind enum.
         * @name sbpc.Boxing.Kind
         * @enum {number}
         * @property {number} ALL_REDUCE=0 ALL_REDUCE value
         * @property {number} REDUCE_SCATTER=1 REDUCE_SCATTER value
         * @property {number} ALL_GATHER=2 ALL_GATHER value
         * @property {number} ALL_TO_ALL=3 ALL_TO_ALL value
         * @property {number} SEND=4 SEND value
         * @property {number} HALO=5 HALO value
         */
        Boxing.Kind = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "ALL_REDUCE"] = 0;
            values[valuesById[1] = "REDUCE_SCATTER"] = 1;
            values[valuesById[2] = "ALL_GATHER"] = 2;
            values[valuesById[3] = "ALL_TO_ALL"] = 3;
            values[valuesById[4] = "SEND"] = 4;
            values[valuesById[5] = "HALO"] = 5;
            return values;
        })();

        return Boxing;
    })();

    sbpc.Input = (function() {

        /**
         * Properties of an Input.
         * @typedef {Object} sbpc.Input.$Properties
         * @property {string|null} [name] Input name
         * @property {sbpc.TensorType.$Properties|null} [type] Input type
         * @property {sbpc.Layout.$Properties|null} [layout] Input layout
         * @property {Array.<number>|null} [stages] Input stages
         * @property {number|null} [batchAxis] Input batchAxis
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Input.
         * @memberof sbpc
         * @interface IInput
         * @augments sbpc.Input.$Properties
         * @deprecated Use sbpc.Input.$Properties instead.
         */

        /**
         * Shape of an Input.
         * @typedef {sbpc.Input.$Properties} sbpc.Input.$Shape
         */

        /**
         * Constructs a new Input.
         * @memberof sbpc
         * @classdesc Represents an Input.
         * @constructor
         * @param {sbpc.Input.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Input = function (properties) {
            this.stages = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Input name.
         * @member {string} name
         * @memberof sbpc.Input
         * @instance
         */
        Input.prototype.name = "";

        /**
         * Input type.
         * @member {sbpc.TensorType.$Properties|null|undefined} type
         * @memberof sbpc.Input
         * @instance
         */
        Input.prototype.type = null;

        /**
         * Input layout.
         * @member {sbpc.Layout.$Properties|null|undefined} layout
         * @memberof sbpc.Input
         * @instance
         */
        Input.prototype.layout = null;

        /**
         * Input stages.
         * @member {Array.<number>} stages
         * @memberof sbpc.Input
         * @instance
         */
        Input.prototype.stages = $util.emptyArray;

        /**
         * Input batchAxis.
         * @member {number|null|undefined} batchAxis
         * @memberof sbpc.Input
         * @instance
         */
        Input.prototype.batchAxis = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Input.prototype, "_batchAxis", {
            get: $util.oneOfGetter($oneOfFields = ["batchAxis"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Input instance using the specified properties.
         * @function create
         * @memberof sbpc.Input
         * @static
         * @param {sbpc.Input.$Properties=} [properties] Properties to set
         * @returns {sbpc.Input} Input instance
         * @type {{
         *   (properties: sbpc.Input.$Shape): sbpc.Input & sbpc.Input.$Shape;
         *   (properties?: sbpc.Input.$Properties): sbpc.Input;
         * }}
         */
        Input.create = function(properties) {
            return new Input(properties);
        };

        /**
         * Encodes the specified Input message. Does not implicitly {@link sbpc.Input.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Input
         * @static
         * @param {sbpc.Input.$Properties} message Input message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Input.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                $root.sbpc.TensorType.encode(message.type, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.layout != null && $Object.hasOwnProperty.call(message, "layout"))
                $root.sbpc.Layout.encode(message.layout, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.stages != null && message.stages.length)
                writer.uint32(/* id 4, wireType 2 =*/34).uint32s(message.stages);
            if (message.batchAxis != null && $Object.hasOwnProperty.call(message, "batchAxis"))
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.batchAxis);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Input message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Input
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Input & sbpc.Input.$Shape} Input
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Input.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Input();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.type = $root.sbpc.TensorType.decode(reader, reader.size(), $undefined, _depth + 1, message.type);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.layout = $root.sbpc.Layout.decode(reader, reader.size(), $undefined, _depth + 1, message.layout);
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.stages && message.stages.length))
                                message.stages = [];
                            reader.uint32s(message.stages);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.stages && message.stages.length))
                            message.stages = [];
                        message.stages.push(reader.uint32());
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        message.batchAxis = reader.uint32();
                        message._batchAxis = "batchAxis";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Input;
    })();

    sbpc.Parameter = (function() {

        /**
         * Properties of a Parameter.
         * @typedef {Object} sbpc.Parameter.$Properties
         * @property {string|null} [name] Parameter name
         * @property {sbpc.TensorType.$Properties|null} [type] Parameter type
         * @property {sbpc.Initializer.$Properties|null} [initializer] Parameter initializer
         * @property {Array.<sbpc.Parameter.Placement.$Properties>|null} [placements] Parameter placements
         * @property {string|null} [stateOf] Parameter stateOf
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Parameter.
         * @memberof sbpc
         * @interface IParameter
         * @augments sbpc.Parameter.$Properties
         * @deprecated Use sbpc.Parameter.$Properties instead.
         */

        /**
         * Shape of a Parameter.
         * @typedef {{
         *   name?: string|null;
         *   type?: sbpc.TensorType.$Shape|null;
         *   initializer?: sbpc.Initializer.$Shape|null;
         *   placements?: Array.<sbpc.Parameter.Placement.$Shape>|null;
         *   stateOf?: string|null;
         *   $unknowns?: Array.<Uint8Array>;
         * }} sbpc.Parameter.$Shape
         */

        /**
         * Constructs a new Parameter.
         * @memberof sbpc
         * @classdesc Represents a Parameter.
         * @constructor
         * @param {sbpc.Parameter.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Parameter = function (properties) {
            this.placements = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Parameter name.
         * @member {string} name
         * @memberof sbpc.Parameter
         * @instance
         */
        Parameter.prototype.name = "";

        /**
         * Parameter type.
         * @member {sbpc.TensorType.$Properties|null|undefined} type
         * @memberof sbpc.Parameter
         * @instance
         */
        Parameter.prototype.type = null;

        /**
         * Parameter initializer.
         * @member {sbpc.Initializer.$Properties|null|undefined} initializer
         * @memberof sbpc.Parameter
         * @instance
         */
        Parameter.prototype.initializer = null;

        /**
         * Parameter placements.
         * @member {Array.<sbpc.Parameter.Placement.$Properties>} placements
         * @memberof sbpc.Parameter
         * @instance
         */
        Parameter.prototype.placements = $util.emptyArray;

        /**
         * Parameter stateOf.
         * @member {string|null|undefined} stateOf
         * @memberof sbpc.Parameter
         * @instance
         */
        Parameter.prototype.stateOf = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Parameter.prototype, "_stateOf", {
            get: $util.oneOfGetter($oneOfFields = ["stateOf"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Parameter instance using the specified properties.
         * @function create
         * @memberof sbpc.Parameter
         * @static
         * @param {sbpc.Parameter.$Properties=} [properties] Properties to set
         * @returns {sbpc.Parameter} Parameter instance
         * @type {{
         *   (properties: sbpc.Parameter.$Shape): sbpc.Parameter & sbpc.Parameter.$Shape;
         *   (properties?: sbpc.Parameter.$Properties): sbpc.Parameter;
         * }}
         */
        Parameter.create = function(properties) {
            return new Parameter(properties);
        };

        /**
         * Encodes the specified Parameter message. Does not implicitly {@link sbpc.Parameter.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Parameter
         * @static
         * @param {sbpc.Parameter.$Properties} message Parameter message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Parameter.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                $root.sbpc.TensorType.encode(message.type, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.initializer != null && $Object.hasOwnProperty.call(message, "initializer"))
                $root.sbpc.Initializer.encode(message.initializer, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.placements != null && message.placements.length)
                for (let i = 0; i < message.placements.length; ++i)
                    $root.sbpc.Parameter.Placement.encode(message.placements[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.stateOf != null && $Object.hasOwnProperty.call(message, "stateOf"))
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.stateOf);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Parameter message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Parameter
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Parameter & sbpc.Parameter.$Shape} Parameter
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Parameter.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Parameter();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.type = $root.sbpc.TensorType.decode(reader, reader.size(), $undefined, _depth + 1, message.type);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.initializer = $root.sbpc.Initializer.decode(reader, reader.size(), $undefined, _depth + 1, message.initializer);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.placements && message.placements.length))
                            message.placements = [];
                        message.placements.push($root.sbpc.Parameter.Placement.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.stateOf = reader.stringVerify();
                        message._stateOf = "stateOf";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        Parameter.Placement = (function() {

            /**
             * Properties of a Placement.
             * @typedef {Object} sbpc.Parameter.Placement.$Properties
             * @property {number|null} [stage] Placement stage
             * @property {sbpc.Layout.$Properties|null} [layout] Placement layout
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Placement.
             * @memberof sbpc.Parameter
             * @interface IPlacement
             * @augments sbpc.Parameter.Placement.$Properties
             * @deprecated Use sbpc.Parameter.Placement.$Properties instead.
             */

            /**
             * Shape of a Placement.
             * @typedef {sbpc.Parameter.Placement.$Properties} sbpc.Parameter.Placement.$Shape
             */

            /**
             * Constructs a new Placement.
             * @memberof sbpc.Parameter
             * @classdesc Represents a Placement.
             * @constructor
             * @param {sbpc.Parameter.Placement.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Placement = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Placement stage.
             * @member {number} stage
             * @memberof sbpc.Parameter.Placement
             * @instance
             */
            Placement.prototype.stage = 0;

            /**
             * Placement layout.
             * @member {sbpc.Layout.$Properties|null|undefined} layout
             * @memberof sbpc.Parameter.Placement
             * @instance
             */
            Placement.prototype.layout = null;

            /**
             * Creates a new Placement instance using the specified properties.
             * @function create
             * @memberof sbpc.Parameter.Placement
             * @static
             * @param {sbpc.Parameter.Placement.$Properties=} [properties] Properties to set
             * @returns {sbpc.Parameter.Placement} Placement instance
             * @type {{
             *   (properties: sbpc.Parameter.Placement.$Shape): sbpc.Parameter.Placement & sbpc.Parameter.Placement.$Shape;
             *   (properties?: sbpc.Parameter.Placement.$Properties): sbpc.Parameter.Placement;
             * }}
             */
            Placement.create = function(properties) {
                return new Placement(properties);
            };

            /**
             * Encodes the specified Placement message. Does not implicitly {@link sbpc.Parameter.Placement.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Parameter.Placement
             * @static
             * @param {sbpc.Parameter.Placement.$Properties} message Placement message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Placement.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.stage != null && $Object.hasOwnProperty.call(message, "stage") && message.stage !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.stage);
                if (message.layout != null && $Object.hasOwnProperty.call(message, "layout"))
                    $root.sbpc.Layout.encode(message.layout, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Placement message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Parameter.Placement
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Parameter.Placement & sbpc.Parameter.Placement.$Shape} Placement
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Placement.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Parameter.Placement();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.stage = value;
                            else
                                delete message.stage;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.layout = $root.sbpc.Layout.decode(reader, reader.size(), $undefined, _depth + 1, message.layout);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Placement;
        })();

        return Parameter;
    })();

    sbpc.Initializer = (function() {

        /**
         * Properties of an Initializer.
         * @typedef {Object} sbpc.Initializer.$Properties
         * @property {sbpc.Initializer.Constant.$Properties|null} [constant] Initializer constant
         * @property {sbpc.Initializer.Normal.$Properties|null} [normal] Initializer normal
         * @property {sbpc.Initializer.Normal.$Properties|null} [truncNormal] Initializer truncNormal
         * @property {sbpc.Initializer.Uniform.$Properties|null} [uniform] Initializer uniform
         * @property {sbpc.Initializer.File.$Properties|null} [file] Initializer file
         * @property {Uint8Array|null} [inlineData] Initializer inlineData
         * @property {sbpc.Initializer.Part.$Properties|null} [part] Initializer part
         * @property {"constant"|"normal"|"truncNormal"|"uniform"|"file"|"inlineData"|"part"} [initializer] Initializer initializer
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Initializer.
         * @memberof sbpc
         * @interface IInitializer
         * @augments sbpc.Initializer.$Properties
         * @deprecated Use sbpc.Initializer.$Properties instead.
         */

        /**
         * Narrowed shape of an Initializer.
         * @typedef {{
         *   constant?: sbpc.Initializer.Constant.$Shape|null;
         *   normal?: sbpc.Initializer.Normal.$Shape|null;
         *   truncNormal?: sbpc.Initializer.Normal.$Shape|null;
         *   uniform?: sbpc.Initializer.Uniform.$Shape|null;
         *   file?: sbpc.Initializer.File.$Shape|null;
         *   inlineData?: Uint8Array|null;
         *   part?: sbpc.Initializer.Part.$Shape|null;
         *   $unknowns?: Array.<Uint8Array>;
         * } & (
         *   ({ initializer?: undefined; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "constant"; constant: sbpc.Initializer.Constant.$Shape; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "normal"; constant?: null; normal: sbpc.Initializer.Normal.$Shape; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "truncNormal"; constant?: null; normal?: null; truncNormal: sbpc.Initializer.Normal.$Shape; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "uniform"; constant?: null; normal?: null; truncNormal?: null; uniform: sbpc.Initializer.Uniform.$Shape; file?: null; inlineData?: null; part?: null }|{ initializer?: "file"; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file: sbpc.Initializer.File.$Shape; inlineData?: null; part?: null }|{ initializer?: "inlineData"; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData: Uint8Array; part?: null }|{ initializer?: "part"; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part: sbpc.Initializer.Part.$Shape })
         * )} sbpc.Initializer.$Shape
         */

        /**
         * Constructs a new Initializer.
         * @memberof sbpc
         * @classdesc Represents an Initializer.
         * @constructor
         * @param {sbpc.Initializer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Initializer = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Initializer constant.
         * @member {sbpc.Initializer.Constant.$Properties|null|undefined} constant
         * @memberof sbpc.Initializer
         * @instance
         */
        Initializer.prototype.constant = null;

        /**
         * Initializer normal.
         * @member {sbpc.Initializer.Normal.$Properties|null|undefined} normal
         * @memberof sbpc.Initializer
         * @instance
         */
        Initializer.prototype.normal = null;

        /**
         * Initializer truncNormal.
         * @member {sbpc.Initializer.Normal.$Properties|null|undefined} truncNormal
         * @memberof sbpc.Initializer
         * @instance
         */
        Initializer.prototype.truncNormal = null;

        /**
         * Initializer uniform.
         * @member {sbpc.Initializer.Uniform.$Properties|null|undefined} uniform
         * @memberof sbpc.Initializer
         * @instance
         */
        Initializer.prototype.uniform = null;

        /**
         * Initializer file.
         * @member {sbpc.Initializer.File.$Properties|null|undefined} file
         * @memberof sbpc.Initializer
         * @instance
         */
        Initializer.prototype.file = null;

        /**
         * Initializer inlineData.
         * @member {Uint8Array|null|undefined} inlineData
         * @memberof sbpc.Initializer
         * @instance
         */
        Initializer.prototype.inlineData = null;

        /**
         * Initializer part.
         * @member {sbpc.Initializer.Part.$Properties|null|undefined} part
         * @memberof sbpc.Initializer
         * @instance
         */
        Initializer.prototype.part = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        /**
         * Initializer initializer.
         * @member {"constant"|"normal"|"truncNormal"|"uniform"|"file"|"inlineData"|"part"|undefined} initializer
         * @memberof sbpc.Initializer
         * @instance
         */
        $Object.defineProperty(Initializer.prototype, "initializer", {
            get: $util.oneOfGetter($oneOfFields = ["constant", "normal", "truncNormal", "uniform", "file", "inlineData", "part"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Initializer instance using the specified properties.
         * @function create
         * @memberof sbpc.Initializer
         * @static
         * @param {sbpc.Initializer.$Properties=} [properties] Properties to set
         * @returns {sbpc.Initializer} Initializer instance
         * @type {{
         *   (properties: sbpc.Initializer.$Shape): sbpc.Initializer & sbpc.Initializer.$Shape;
         *   (properties?: sbpc.Initializer.$Properties): sbpc.Initializer;
         * }}
         */
        Initializer.create = function(properties) {
            return new Initializer(properties);
        };

        /**
         * Encodes the specified Initializer message. Does not implicitly {@link sbpc.Initializer.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Initializer
         * @static
         * @param {sbpc.Initializer.$Properties} message Initializer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Initializer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.constant != null && $Object.hasOwnProperty.call(message, "constant"))
                $root.sbpc.Initializer.Constant.encode(message.constant, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.normal != null && $Object.hasOwnProperty.call(message, "normal"))
                $root.sbpc.Initializer.Normal.encode(message.normal, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.truncNormal != null && $Object.hasOwnProperty.call(message, "truncNormal"))
                $root.sbpc.Initializer.Normal.encode(message.truncNormal, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.uniform != null && $Object.hasOwnProperty.call(message, "uniform"))
                $root.sbpc.Initializer.Uniform.encode(message.uniform, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.file != null && $Object.hasOwnProperty.call(message, "file"))
                $root.sbpc.Initializer.File.encode(message.file, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.inlineData != null && $Object.hasOwnProperty.call(message, "inlineData"))
                writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.inlineData);
            if (message.part != null && $Object.hasOwnProperty.call(message, "part"))
                $root.sbpc.Initializer.Part.encode(message.part, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Initializer message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Initializer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Initializer & sbpc.Initializer.$Shape} Initializer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Initializer.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Initializer();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.constant = $root.sbpc.Initializer.Constant.decode(reader, reader.size(), $undefined, _depth + 1, message.constant);
                        message.initializer = "constant";
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.normal = $root.sbpc.Initializer.Normal.decode(reader, reader.size(), $undefined, _depth + 1, message.normal);
                        message.initializer = "normal";
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.truncNormal = $root.sbpc.Initializer.Normal.decode(reader, reader.size(), $undefined, _depth + 1, message.truncNormal);
                        message.initializer = "truncNormal";
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.uniform = $root.sbpc.Initializer.Uniform.decode(reader, reader.size(), $undefined, _depth + 1, message.uniform);
                        message.initializer = "uniform";
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.file = $root.sbpc.Initializer.File.decode(reader, reader.size(), $undefined, _depth + 1, message.file);
                        message.initializer = "file";
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.inlineData = reader.bytes();
                        message.initializer = "inlineData";
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.part = $root.sbpc.Initializer.Part.decode(reader, reader.size(), $undefined, _depth + 1, message.part);
                        message.initializer = "part";
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        Initializer.Constant = (function() {

            /**
             * Properties of a Constant.
             * @typedef {Object} sbpc.Initializer.Constant.$Properties
             * @property {number|null} [value] Constant value
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Constant.
             * @memberof sbpc.Initializer
             * @interface IConstant
             * @augments sbpc.Initializer.Constant.$Properties
             * @deprecated Use sbpc.Initializer.Constant.$Properties instead.
             */

            /**
             * Shape of a Constant.
             * @typedef {sbpc.Initializer.Constant.$Properties} sbpc.Initializer.Constant.$Shape
             */

            /**
             * Constructs a new Constant.
             * @memberof sbpc.Initializer
             * @classdesc Represents a Constant.
             * @constructor
             * @param {sbpc.Initializer.Constant.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Constant = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Constant value.
             * @member {number} value
             * @memberof sbpc.Initializer.Constant
             * @instance
             */
            Constant.prototype.value = 0;

            /**
             * Creates a new Constant instance using the specified properties.
             * @function create
             * @memberof sbpc.Initializer.Constant
             * @static
             * @param {sbpc.Initializer.Constant.$Properties=} [properties] Properties to set
             * @returns {sbpc.Initializer.Constant} Constant instance
             * @type {{
             *   (properties: sbpc.Initializer.Constant.$Shape): sbpc.Initializer.Constant & sbpc.Initializer.Constant.$Shape;
             *   (properties?: sbpc.Initializer.Constant.$Properties): sbpc.Initializer.Constant;
             * }}
             */
            Constant.create = function(properties) {
                return new Constant(properties);
            };

            /**
             * Encodes the specified Constant message. Does not implicitly {@link sbpc.Initializer.Constant.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Initializer.Constant
             * @static
             * @param {sbpc.Initializer.Constant.$Properties} message Constant message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Constant.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.value != null && $Object.hasOwnProperty.call(message, "value") && !$Object.is(message.value, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.value);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Constant message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Initializer.Constant
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Constant & sbpc.Initializer.Constant.$Shape} Constant
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Constant.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Initializer.Constant();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.value = value;
                            else
                                delete message.value;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Constant;
        })();

        Initializer.Normal = (function() {

            /**
             * Properties of a Normal.
             * @typedef {Object} sbpc.Initializer.Normal.$Properties
             * @property {number|null} [mean] Normal mean
             * @property {number|null} [std] Normal std
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Normal.
             * @memberof sbpc.Initializer
             * @interface INormal
             * @augments sbpc.Initializer.Normal.$Properties
             * @deprecated Use sbpc.Initializer.Normal.$Properties instead.
             */

            /**
             * Shape of a Normal.
             * @typedef {sbpc.Initializer.Normal.$Properties} sbpc.Initializer.Normal.$Shape
             */

            /**
             * Constructs a new Normal.
             * @memberof sbpc.Initializer
             * @classdesc Represents a Normal.
             * @constructor
             * @param {sbpc.Initializer.Normal.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Normal = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Normal mean.
             * @member {number} mean
             * @memberof sbpc.Initializer.Normal
             * @instance
             */
            Normal.prototype.mean = 0;

            /**
             * Normal std.
             * @member {number} std
             * @memberof sbpc.Initializer.Normal
             * @instance
             */
            Normal.prototype.std = 0;

            /**
             * Creates a new Normal instance using the specified properties.
             * @function create
             * @memberof sbpc.Initializer.Normal
             * @static
             * @param {sbpc.Initializer.Normal.$Properties=} [properties] Properties to set
             * @returns {sbpc.Initializer.Normal} Normal instance
             * @type {{
             *   (properties: sbpc.Initializer.Normal.$Shape): sbpc.Initializer.Normal & sbpc.Initializer.Normal.$Shape;
             *   (properties?: sbpc.Initializer.Normal.$Properties): sbpc.Initializer.Normal;
             * }}
             */
            Normal.create = function(properties) {
                return new Normal(properties);
            };

            /**
             * Encodes the specified Normal message. Does not implicitly {@link sbpc.Initializer.Normal.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Initializer.Normal
             * @static
             * @param {sbpc.Initializer.Normal.$Properties} message Normal message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Normal.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.mean != null && $Object.hasOwnProperty.call(message, "mean") && !$Object.is(message.mean, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.mean);
                if (message.std != null && $Object.hasOwnProperty.call(message, "std") && !$Object.is(message.std, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.std);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Normal message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Initializer.Normal
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Normal & sbpc.Initializer.Normal.$Shape} Normal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Normal.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Initializer.Normal();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.mean = value;
                            else
                                delete message.mean;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.std = value;
                            else
                                delete message.std;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Normal;
        })();

        Initializer.Uniform = (function() {

            /**
             * Properties of a Uniform.
             * @typedef {Object} sbpc.Initializer.Uniform.$Properties
             * @property {number|null} [low] Uniform low
             * @property {number|null} [high] Uniform high
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Uniform.
             * @memberof sbpc.Initializer
             * @interface IUniform
             * @augments sbpc.Initializer.Uniform.$Properties
             * @deprecated Use sbpc.Initializer.Uniform.$Properties instead.
             */

            /**
             * Shape of a Uniform.
             * @typedef {sbpc.Initializer.Uniform.$Properties} sbpc.Initializer.Uniform.$Shape
             */

            /**
             * Constructs a new Uniform.
             * @memberof sbpc.Initializer
             * @classdesc Represents a Uniform.
             * @constructor
             * @param {sbpc.Initializer.Uniform.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Uniform = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Uniform low.
             * @member {number} low
             * @memberof sbpc.Initializer.Uniform
             * @instance
             */
            Uniform.prototype.low = 0;

            /**
             * Uniform high.
             * @member {number} high
             * @memberof sbpc.Initializer.Uniform
             * @instance
             */
            Uniform.prototype.high = 0;

            /**
             * Creates a new Uniform instance using the specified properties.
             * @function create
             * @memberof sbpc.Initializer.Uniform
             * @static
             * @param {sbpc.Initializer.Uniform.$Properties=} [properties] Properties to set
             * @returns {sbpc.Initializer.Uniform} Uniform instance
             * @type {{
             *   (properties: sbpc.Initializer.Uniform.$Shape): sbpc.Initializer.Uniform & sbpc.Initializer.Uniform.$Shape;
             *   (properties?: sbpc.Initializer.Uniform.$Properties): sbpc.Initializer.Uniform;
             * }}
             */
            Uniform.create = function(properties) {
                return new Uniform(properties);
            };

            /**
             * Encodes the specified Uniform message. Does not implicitly {@link sbpc.Initializer.Uniform.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Initializer.Uniform
             * @static
             * @param {sbpc.Initializer.Uniform.$Properties} message Uniform message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Uniform.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.low != null && $Object.hasOwnProperty.call(message, "low") && !$Object.is(message.low, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.low);
                if (message.high != null && $Object.hasOwnProperty.call(message, "high") && !$Object.is(message.high, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.high);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Uniform message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Initializer.Uniform
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Uniform & sbpc.Initializer.Uniform.$Shape} Uniform
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Uniform.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Initializer.Uniform();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.low = value;
                            else
                                delete message.low;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.high = value;
                            else
                                delete message.high;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Uniform;
        })();

        Initializer.File = (function() {

            /**
             * Properties of a File.
             * @typedef {Object} sbpc.Initializer.File.$Properties
             * @property {string|null} [path] File path
             * @property {number|Long|null} [offset] File offset
             * @property {number|Long|null} [length] File length
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a File.
             * @memberof sbpc.Initializer
             * @interface IFile
             * @augments sbpc.Initializer.File.$Properties
             * @deprecated Use sbpc.Initializer.File.$Properties instead.
             */

            /**
             * Shape of a File.
             * @typedef {sbpc.Initializer.File.$Properties} sbpc.Initializer.File.$Shape
             */

            /**
             * Constructs a new File.
             * @memberof sbpc.Initializer
             * @classdesc Represents a File.
             * @constructor
             * @param {sbpc.Initializer.File.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const File = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * File path.
             * @member {string} path
             * @memberof sbpc.Initializer.File
             * @instance
             */
            File.prototype.path = "";

            /**
             * File offset.
             * @member {number|Long} offset
             * @memberof sbpc.Initializer.File
             * @instance
             */
            File.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * File length.
             * @member {number|Long} length
             * @memberof sbpc.Initializer.File
             * @instance
             */
            File.prototype.length = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Creates a new File instance using the specified properties.
             * @function create
             * @memberof sbpc.Initializer.File
             * @static
             * @param {sbpc.Initializer.File.$Properties=} [properties] Properties to set
             * @returns {sbpc.Initializer.File} File instance
             * @type {{
             *   (properties: sbpc.Initializer.File.$Shape): sbpc.Initializer.File & sbpc.Initializer.File.$Shape;
             *   (properties?: sbpc.Initializer.File.$Properties): sbpc.Initializer.File;
             * }}
             */
            File.create = function(properties) {
                return new File(properties);
            };

            /**
             * Encodes the specified File message. Does not implicitly {@link sbpc.Initializer.File.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Initializer.File
             * @static
             * @param {sbpc.Initializer.File.$Properties} message File message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            File.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.path != null && $Object.hasOwnProperty.call(message, "path") && message.path !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.path);
                if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.offset);
                if (message.length != null && $Object.hasOwnProperty.call(message, "length") && (typeof message.length === "object" ? message.length.low || message.length.high : message.length !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.length);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a File message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Initializer.File
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Initializer.File & sbpc.Initializer.File.$Shape} File
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            File.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Initializer.File();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.path = value;
                            else
                                delete message.path;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.offset = value;
                            else
                                delete message.offset;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.length = value;
                            else
                                delete message.length;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return File;
        })();

        Initializer.Part = (function() {

            /**
             * Properties of a Part.
             * @typedef {Object} sbpc.Initializer.Part.$Properties
             * @property {string|null} [name] Part name
             * @property {Array.<number|Long>|null} [shape] Part shape
             * @property {Array.<number|Long>|null} [start] Part start
             * @property {sbpc.Initializer.$Properties|null} [of] Part of
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Part.
             * @memberof sbpc.Initializer
             * @interface IPart
             * @augments sbpc.Initializer.Part.$Properties
             * @deprecated Use sbpc.Initializer.Part.$Properties instead.
             */

            /**
             * Shape of a Part.
             * @typedef {{
             *   name?: string|null;
             *   shape?: Array.<number|Long>|null;
             *   start?: Array.<number|Long>|null;
             *   of?: sbpc.Initializer.$Shape|null;
             *   $unknowns?: Array.<Uint8Array>;
             * }} sbpc.Initializer.Part.$Shape
             */

            /**
             * Constructs a new Part.
             * @memberof sbpc.Initializer
             * @classdesc Represents a Part.
             * @constructor
             * @param {sbpc.Initializer.Part.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Part = function (properties) {
                this.shape = [];
                this.start = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Part name.
             * @member {string} name
             * @memberof sbpc.Initializer.Part
             * @instance
             */
            Part.prototype.name = "";

            /**
             * Part shape.
             * @member {Array.<number|Long>} shape
             * @memberof sbpc.Initializer.Part
             * @instance
             */
            Part.prototype.shape = $util.emptyArray;

            /**
             * Part start.
             * @member {Array.<number|Long>} start
             * @memberof sbpc.Initializer.Part
             * @instance
             */
            Part.prototype.start = $util.emptyArray;

            /**
             * Part of.
             * @member {sbpc.Initializer.$Properties|null|undefined} of
             * @memberof sbpc.Initializer.Part
             * @instance
             */
            Part.prototype.of = null;

            /**
             * Creates a new Part instance using the specified properties.
             * @function create
             * @memberof sbpc.Initializer.Part
             * @static
             * @param {sbpc.Initializer.Part.$Properties=} [properties] Properties to set
             * @returns {sbpc.Initializer.Part} Part instance
             * @type {{
             *   (properties: sbpc.Initializer.Part.$Shape): sbpc.Initializer.Part & sbpc.Initializer.Part.$Shape;
             *   (properties?: sbpc.Initializer.Part.$Properties): sbpc.Initializer.Part;
             * }}
             */
            Part.create = function(properties) {
                return new Part(properties);
            };

            /**
             * Encodes the specified Part message. Does not implicitly {@link sbpc.Initializer.Part.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Initializer.Part
             * @static
             * @param {sbpc.Initializer.Part.$Properties} message Part message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Part.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                if (message.shape != null && message.shape.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).uint64s(message.shape);
                if (message.start != null && message.start.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).uint64s(message.start);
                if (message.of != null && $Object.hasOwnProperty.call(message, "of"))
                    $root.sbpc.Initializer.encode(message.of, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Part message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Initializer.Part
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Part & sbpc.Initializer.Part.$Shape} Part
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Part.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Initializer.Part();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.shape && message.shape.length))
                                    message.shape = [];
                                reader.uint64s(message.shape);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.shape && message.shape.length))
                                message.shape = [];
                            message.shape.push(reader.uint64());
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.start && message.start.length))
                                    message.start = [];
                                reader.uint64s(message.start);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.start && message.start.length))
                                message.start = [];
                            message.start.push(reader.uint64());
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.of = $root.sbpc.Initializer.decode(reader, reader.size(), $undefined, _depth + 1, message.of);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Part;
        })();

        return Initializer;
    })();

    sbpc.Random = (function() {

        /**
         * Properties of a Random.
         * @typedef {Object} sbpc.Random.$Properties
         * @property {string|null} [name] Random name
         * @property {sbpc.TensorType.$Properties|null} [type] Random type
         * @property {sbpc.Random.Bernoulli.$Properties|null} [bernoulli] Random bernoulli
         * @property {number|null} [batchAxis] Random batchAxis
         * @property {sbpc.Random.Normal.$Properties|null} [normal] Random normal
         * @property {sbpc.Random.Uniform.$Properties|null} [uniform] Random uniform
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Random.
         * @memberof sbpc
         * @interface IRandom
         * @augments sbpc.Random.$Properties
         * @deprecated Use sbpc.Random.$Properties instead.
         */

        /**
         * Shape of a Random.
         * @typedef {sbpc.Random.$Properties} sbpc.Random.$Shape
         */

        /**
         * Constructs a new Random.
         * @memberof sbpc
         * @classdesc Represents a Random.
         * @constructor
         * @param {sbpc.Random.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Random = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Random name.
         * @member {string} name
         * @memberof sbpc.Random
         * @instance
         */
        Random.prototype.name = "";

        /**
         * Random type.
         * @member {sbpc.TensorType.$Properties|null|undefined} type
         * @memberof sbpc.Random
         * @instance
         */
        Random.prototype.type = null;

        /**
         * Random bernoulli.
         * @member {sbpc.Random.Bernoulli.$Properties|null|undefined} bernoulli
         * @memberof sbpc.Random
         * @instance
         */
        Random.prototype.bernoulli = null;

        /**
         * Random batchAxis.
         * @member {number|null|undefined} batchAxis
         * @memberof sbpc.Random
         * @instance
         */
        Random.prototype.batchAxis = null;

        /**
         * Random normal.
         * @member {sbpc.Random.Normal.$Properties|null|undefined} normal
         * @memberof sbpc.Random
         * @instance
         */
        Random.prototype.normal = null;

        /**
         * Random uniform.
         * @member {sbpc.Random.Uniform.$Properties|null|undefined} uniform
         * @memberof sbpc.Random
         * @instance
         */
        Random.prototype.uniform = null;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Random.prototype, "_batchAxis", {
            get: $util.oneOfGetter($oneOfFields = ["batchAxis"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Random instance using the specified properties.
         * @function create
         * @memberof sbpc.Random
         * @static
         * @param {sbpc.Random.$Properties=} [properties] Properties to set
         * @returns {sbpc.Random} Random instance
         * @type {{
         *   (properties: sbpc.Random.$Shape): sbpc.Random & sbpc.Random.$Shape;
         *   (properties?: sbpc.Random.$Properties): sbpc.Random;
         * }}
         */
        Random.create = function(properties) {
            return new Random(properties);
        };

        /**
         * Encodes the specified Random message. Does not implicitly {@link sbpc.Random.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Random
         * @static
         * @param {sbpc.Random.$Properties} message Random message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Random.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                $root.sbpc.TensorType.encode(message.type, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.bernoulli != null && $Object.hasOwnProperty.call(message, "bernoulli"))
                $root.sbpc.Random.Bernoulli.encode(message.bernoulli, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.batchAxis != null && $Object.hasOwnProperty.call(message, "batchAxis"))
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.batchAxis);
            if (message.normal != null && $Object.hasOwnProperty.call(message, "normal"))
                $root.sbpc.Random.Normal.encode(message.normal, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.uniform != null && $Object.hasOwnProperty.call(message, "uniform"))
                $root.sbpc.Random.Uniform.encode(message.uniform, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Random message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Random
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Random & sbpc.Random.$Shape} Random
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Random.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Random();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.type = $root.sbpc.TensorType.decode(reader, reader.size(), $undefined, _depth + 1, message.type);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.bernoulli = $root.sbpc.Random.Bernoulli.decode(reader, reader.size(), $undefined, _depth + 1, message.bernoulli);
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        message.batchAxis = reader.uint32();
                        message._batchAxis = "batchAxis";
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.normal = $root.sbpc.Random.Normal.decode(reader, reader.size(), $undefined, _depth + 1, message.normal);
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.uniform = $root.sbpc.Random.Uniform.decode(reader, reader.size(), $undefined, _depth + 1, message.uniform);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        Random.Bernoulli = (function() {

            /**
             * Properties of a Bernoulli.
             * @typedef {Object} sbpc.Random.Bernoulli.$Properties
             * @property {number|null} [keep] Bernoulli keep
             * @property {string|null} [key] Bernoulli key
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Bernoulli.
             * @memberof sbpc.Random
             * @interface IBernoulli
             * @augments sbpc.Random.Bernoulli.$Properties
             * @deprecated Use sbpc.Random.Bernoulli.$Properties instead.
             */

            /**
             * Shape of a Bernoulli.
             * @typedef {sbpc.Random.Bernoulli.$Properties} sbpc.Random.Bernoulli.$Shape
             */

            /**
             * Constructs a new Bernoulli.
             * @memberof sbpc.Random
             * @classdesc Represents a Bernoulli.
             * @constructor
             * @param {sbpc.Random.Bernoulli.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Bernoulli = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Bernoulli keep.
             * @member {number} keep
             * @memberof sbpc.Random.Bernoulli
             * @instance
             */
            Bernoulli.prototype.keep = 0;

            /**
             * Bernoulli key.
             * @member {string} key
             * @memberof sbpc.Random.Bernoulli
             * @instance
             */
            Bernoulli.prototype.key = "";

            /**
             * Creates a new Bernoulli instance using the specified properties.
             * @function create
             * @memberof sbpc.Random.Bernoulli
             * @static
             * @param {sbpc.Random.Bernoulli.$Properties=} [properties] Properties to set
             * @returns {sbpc.Random.Bernoulli} Bernoulli instance
             * @type {{
             *   (properties: sbpc.Random.Bernoulli.$Shape): sbpc.Random.Bernoulli & sbpc.Random.Bernoulli.$Shape;
             *   (properties?: sbpc.Random.Bernoulli.$Properties): sbpc.Random.Bernoulli;
             * }}
             */
            Bernoulli.create = function(properties) {
                return new Bernoulli(properties);
            };

            /**
             * Encodes the specified Bernoulli message. Does not implicitly {@link sbpc.Random.Bernoulli.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Random.Bernoulli
             * @static
             * @param {sbpc.Random.Bernoulli.$Properties} message Bernoulli message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Bernoulli.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.keep != null && $Object.hasOwnProperty.call(message, "keep") && !$Object.is(message.keep, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.keep);
                if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.key);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Bernoulli message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Random.Bernoulli
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Random.Bernoulli & sbpc.Random.Bernoulli.$Shape} Bernoulli
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Bernoulli.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Random.Bernoulli();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.keep = value;
                            else
                                delete message.keep;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.key = value;
                            else
                                delete message.key;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Bernoulli;
        })();

        Random.Normal = (function() {

            /**
             * Properties of a Normal.
             * @typedef {Object} sbpc.Random.Normal.$Properties
             * @property {number|null} [mean] Normal mean
             * @property {number|null} [std] Normal std
             * @property {string|null} [key] Normal key
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Normal.
             * @memberof sbpc.Random
             * @interface INormal
             * @augments sbpc.Random.Normal.$Properties
             * @deprecated Use sbpc.Random.Normal.$Properties instead.
             */

            /**
             * Shape of a Normal.
             * @typedef {sbpc.Random.Normal.$Properties} sbpc.Random.Normal.$Shape
             */

            /**
             * Constructs a new Normal.
             * @memberof sbpc.Random
             * @classdesc Represents a Normal.
             * @constructor
             * @param {sbpc.Random.Normal.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Normal = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Normal mean.
             * @member {number} mean
             * @memberof sbpc.Random.Normal
             * @instance
             */
            Normal.prototype.mean = 0;

            /**
             * Normal std.
             * @member {number} std
             * @memberof sbpc.Random.Normal
             * @instance
             */
            Normal.prototype.std = 0;

            /**
             * Normal key.
             * @member {string} key
             * @memberof sbpc.Random.Normal
             * @instance
             */
            Normal.prototype.key = "";

            /**
             * Creates a new Normal instance using the specified properties.
             * @function create
             * @memberof sbpc.Random.Normal
             * @static
             * @param {sbpc.Random.Normal.$Properties=} [properties] Properties to set
             * @returns {sbpc.Random.Normal} Normal instance
             * @type {{
             *   (properties: sbpc.Random.Normal.$Shape): sbpc.Random.Normal & sbpc.Random.Normal.$Shape;
             *   (properties?: sbpc.Random.Normal.$Properties): sbpc.Random.Normal;
             * }}
             */
            Normal.create = function(properties) {
                return new Normal(properties);
            };

            /**
             * Encodes the specified Normal message. Does not implicitly {@link sbpc.Random.Normal.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Random.Normal
             * @static
             * @param {sbpc.Random.Normal.$Properties} message Normal message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Normal.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.mean != null && $Object.hasOwnProperty.call(message, "mean") && !$Object.is(message.mean, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.mean);
                if (message.std != null && $Object.hasOwnProperty.call(message, "std") && !$Object.is(message.std, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.std);
                if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.key);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Normal message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Random.Normal
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Random.Normal & sbpc.Random.Normal.$Shape} Normal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Normal.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Random.Normal();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.mean = value;
                            else
                                delete message.mean;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.std = value;
                            else
                                delete message.std;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.key = value;
                            else
                                delete message.key;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Normal;
        })();

        Random.Uniform = (function() {

            /**
             * Properties of a Uniform.
             * @typedef {Object} sbpc.Random.Uniform.$Properties
             * @property {number|null} [low] Uniform low
             * @property {number|null} [high] Uniform high
             * @property {string|null} [key] Uniform key
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Uniform.
             * @memberof sbpc.Random
             * @interface IUniform
             * @augments sbpc.Random.Uniform.$Properties
             * @deprecated Use sbpc.Random.Uniform.$Properties instead.
             */

            /**
             * Shape of a Uniform.
             * @typedef {sbpc.Random.Uniform.$Properties} sbpc.Random.Uniform.$Shape
             */

            /**
             * Constructs a new Uniform.
             * @memberof sbpc.Random
             * @classdesc Represents a Uniform.
             * @constructor
             * @param {sbpc.Random.Uniform.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Uniform = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Uniform low.
             * @member {number} low
             * @memberof sbpc.Random.Uniform
             * @instance
             */
            Uniform.prototype.low = 0;

            /**
             * Uniform high.
             * @member {number} high
             * @memberof sbpc.Random.Uniform
             * @instance
             */
            Uniform.prototype.high = 0;

            /**
             * Uniform key.
             * @member {string} key
             * @memberof sbpc.Random.Uniform
             * @instance
             */
            Uniform.prototype.key = "";

            /**
             * Creates a new Uniform instance using the specified properties.
             * @function create
             * @memberof sbpc.Random.Uniform
             * @static
             * @param {sbpc.Random.Uniform.$Properties=} [properties] Properties to set
             * @returns {sbpc.Random.Uniform} Uniform instance
             * @type {{
             *   (properties: sbpc.Random.Uniform.$Shape): sbpc.Random.Uniform & sbpc.Random.Uniform.$Shape;
             *   (properties?: sbpc.Random.Uniform.$Properties): sbpc.Random.Uniform;
             * }}
             */
            Uniform.create = function(properties) {
                return new Uniform(properties);
            };

            /**
             * Encodes the specified Uniform message. Does not implicitly {@link sbpc.Random.Uniform.verify|verify} messages.
             * @function encode
             * @memberof sbpc.Random.Uniform
             * @static
             * @param {sbpc.Random.Uniform.$Properties} message Uniform message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Uniform.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.low != null && $Object.hasOwnProperty.call(message, "low") && !$Object.is(message.low, 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).double(message.low);
                if (message.high != null && $Object.hasOwnProperty.call(message, "high") && !$Object.is(message.high, 0))
                    writer.uint32(/* id 2, wireType 1 =*/17).double(message.high);
                if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.key);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Uniform message from the specified reader or buffer.
             * @function decode
             * @memberof sbpc.Random.Uniform
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {sbpc.Random.Uniform & sbpc.Random.Uniform.$Shape} Uniform
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Uniform.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.sbpc.Random.Uniform();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.low = value;
                            else
                                delete message.low;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 1)
                                break;
                            if (!$Object.is(value = reader.double(), 0))
                                message.high = value;
                            else
                                delete message.high;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.key = value;
                            else
                                delete message.key;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Uniform;
        })();

        return Random;
    })();

    sbpc.Output = (function() {

        /**
         * Properties of an Output.
         * @typedef {Object} sbpc.Output.$Properties
         * @property {string|null} [name] Output name
         * @property {string|null} [value] Output value
         * @property {sbpc.TensorType.$Properties|null} [type] Output type
         * @property {sbpc.Layout.$Properties|null} [layout] Output layout
         * @property {number|null} [stage] Output stage
         * @property {number|null} [slot] Output slot
         * @property {number|null} [batchAxis] Output batchAxis
         * @property {boolean|null} [perStep] Output perStep
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Output.
         * @memberof sbpc
         * @interface IOutput
         * @augments sbpc.Output.$Properties
         * @deprecated Use sbpc.Output.$Properties instead.
         */

        /**
         * Shape of an Output.
         * @typedef {sbpc.Output.$Properties} sbpc.Output.$Shape
         */

        /**
         * Constructs a new Output.
         * @memberof sbpc
         * @classdesc Represents an Output.
         * @constructor
         * @param {sbpc.Output.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Output = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Output name.
         * @member {string} name
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.name = "";

        /**
         * Output value.
         * @member {string} value
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.value = "";

        /**
         * Output type.
         * @member {sbpc.TensorType.$Properties|null|undefined} type
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.type = null;

        /**
         * Output layout.
         * @member {sbpc.Layout.$Properties|null|undefined} layout
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.layout = null;

        /**
         * Output stage.
         * @member {number} stage
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.stage = 0;

        /**
         * Output slot.
         * @member {number} slot
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.slot = 0;

        /**
         * Output batchAxis.
         * @member {number|null|undefined} batchAxis
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.batchAxis = null;

        /**
         * Output perStep.
         * @member {boolean} perStep
         * @memberof sbpc.Output
         * @instance
         */
        Output.prototype.perStep = false;

        // OneOf field names bound to virtual getters and setters
        let $oneOfFields;

        // Virtual OneOf for proto3 optional field
        $Object.defineProperty(Output.prototype, "_batchAxis", {
            get: $util.oneOfGetter($oneOfFields = ["batchAxis"]),
            set: $util.oneOfSetter($oneOfFields)
        });

        /**
         * Creates a new Output instance using the specified properties.
         * @function create
         * @memberof sbpc.Output
         * @static
         * @param {sbpc.Output.$Properties=} [properties] Properties to set
         * @returns {sbpc.Output} Output instance
         * @type {{
         *   (properties: sbpc.Output.$Shape): sbpc.Output & sbpc.Output.$Shape;
         *   (properties?: sbpc.Output.$Properties): sbpc.Output;
         * }}
         */
        Output.create = function(properties) {
            return new Output(properties);
        };

        /**
         * Encodes the specified Output message. Does not implicitly {@link sbpc.Output.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Output
         * @static
         * @param {sbpc.Output.$Properties} message Output message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Output.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.value);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                $root.sbpc.TensorType.encode(message.type, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.layout != null && $Object.hasOwnProperty.call(message, "layout"))
                $root.sbpc.Layout.encode(message.layout, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.stage != null && $Object.hasOwnProperty.call(message, "stage") && message.stage !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.stage);
            if (message.slot != null && $Object.hasOwnProperty.call(message, "slot") && message.slot !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.slot);
            if (message.batchAxis != null && $Object.hasOwnProperty.call(message, "batchAxis"))
                writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.batchAxis);
            if (message.perStep != null && $Object.hasOwnProperty.call(message, "perStep") && message.perStep !== false)
                writer.uint32(/* id 8, wireType 0 =*/64).bool(message.perStep);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Output message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Output
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Output & sbpc.Output.$Shape} Output
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Output.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Output();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.value = value;
                        else
                            delete message.value;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.type = $root.sbpc.TensorType.decode(reader, reader.size(), $undefined, _depth + 1, message.type);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.layout = $root.sbpc.Layout.decode(reader, reader.size(), $undefined, _depth + 1, message.layout);
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.stage = value;
                        else
                            delete message.stage;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.slot = value;
                        else
                            delete message.slot;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        message.batchAxis = reader.uint32();
                        message._batchAxis = "batchAxis";
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.perStep = value;
                        else
                            delete message.perStep;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Output;
    })();

    sbpc.Provenance = (function() {

        /**
         * Properties of a Provenance.
         * @typedef {Object} sbpc.Provenance.$Properties
         * @property {string|null} [value] Provenance value
         * @property {string|null} [location] Provenance location
         * @property {string|null} [signature] Provenance signature
         * @property {string|null} [reason] Provenance reason
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Provenance.
         * @memberof sbpc
         * @interface IProvenance
         * @augments sbpc.Provenance.$Properties
         * @deprecated Use sbpc.Provenance.$Properties instead.
         */

        /**
         * Shape of a Provenance.
         * @typedef {sbpc.Provenance.$Properties} sbpc.Provenance.$Shape
         */

        /**
         * Constructs a new Provenance.
         * @memberof sbpc
         * @classdesc Represents a Provenance.
         * @constructor
         * @param {sbpc.Provenance.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Provenance = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Provenance value.
         * @member {string} value
         * @memberof sbpc.Provenance
         * @instance
         */
        Provenance.prototype.value = "";

        /**
         * Provenance location.
         * @member {string} location
         * @memberof sbpc.Provenance
         * @instance
         */
        Provenance.prototype.location = "";

        /**
         * Provenance signature.
         * @member {string} signature
         * @memberof sbpc.Provenance
         * @instance
         */
        Provenance.prototype.signature = "";

        /**
         * Provenance reason.
         * @member {string} reason
         * @memberof sbpc.Provenance
         * @instance
         */
        Provenance.prototype.reason = "";

        /**
         * Creates a new Provenance instance using the specified properties.
         * @function create
         * @memberof sbpc.Provenance
         * @static
         * @param {sbpc.Provenance.$Properties=} [properties] Properties to set
         * @returns {sbpc.Provenance} Provenance instance
         * @type {{
         *   (properties: sbpc.Provenance.$Shape): sbpc.Provenance & sbpc.Provenance.$Shape;
         *   (properties?: sbpc.Provenance.$Properties): sbpc.Provenance;
         * }}
         */
        Provenance.create = function(properties) {
            return new Provenance(properties);
        };

        /**
         * Encodes the specified Provenance message. Does not implicitly {@link sbpc.Provenance.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Provenance
         * @static
         * @param {sbpc.Provenance.$Properties} message Provenance message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Provenance.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.value);
            if (message.location != null && $Object.hasOwnProperty.call(message, "location") && message.location !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.location);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.signature);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.reason);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Provenance message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Provenance
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Provenance & sbpc.Provenance.$Shape} Provenance
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Provenance.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Provenance();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.value = value;
                        else
                            delete message.value;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.location = value;
                        else
                            delete message.location;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Provenance;
    })();

    sbpc.Prediction = (function() {

        /**
         * Properties of a Prediction.
         * @typedef {Object} sbpc.Prediction.$Properties
         * @property {number|null} [stepSeconds] Prediction stepSeconds
         * @property {Array.<number>|null} [flops] Prediction flops
         * @property {Array.<number|Long>|null} [parameterBytes] Prediction parameterBytes
         * @property {Array.<number|Long>|null} [peakMemoryBytes] Prediction peakMemoryBytes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Prediction.
         * @memberof sbpc
         * @interface IPrediction
         * @augments sbpc.Prediction.$Properties
         * @deprecated Use sbpc.Prediction.$Properties instead.
         */

        /**
         * Shape of a Prediction.
         * @typedef {sbpc.Prediction.$Properties} sbpc.Prediction.$Shape
         */

        /**
         * Constructs a new Prediction.
         * @memberof sbpc
         * @classdesc Represents a Prediction.
         * @constructor
         * @param {sbpc.Prediction.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Prediction = function (properties) {
            this.flops = [];
            this.parameterBytes = [];
            this.peakMemoryBytes = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Prediction stepSeconds.
         * @member {number} stepSeconds
         * @memberof sbpc.Prediction
         * @instance
         */
        Prediction.prototype.stepSeconds = 0;

        /**
         * Prediction flops.
         * @member {Array.<number>} flops
         * @memberof sbpc.Prediction
         * @instance
         */
        Prediction.prototype.flops = $util.emptyArray;

        /**
         * Prediction parameterBytes.
         * @member {Array.<number|Long>} parameterBytes
         * @memberof sbpc.Prediction
         * @instance
         */
        Prediction.prototype.parameterBytes = $util.emptyArray;

        /**
         * Prediction peakMemoryBytes.
         * @member {Array.<number|Long>} peakMemoryBytes
         * @memberof sbpc.Prediction
         * @instance
         */
        Prediction.prototype.peakMemoryBytes = $util.emptyArray;

        /**
         * Creates a new Prediction instance using the specified properties.
         * @function create
         * @memberof sbpc.Prediction
         * @static
         * @param {sbpc.Prediction.$Properties=} [properties] Properties to set
         * @returns {sbpc.Prediction} Prediction instance
         * @type {{
         *   (properties: sbpc.Prediction.$Shape): sbpc.Prediction & sbpc.Prediction.$Shape;
         *   (properties?: sbpc.Prediction.$Properties): sbpc.Prediction;
         * }}
         */
        Prediction.create = function(properties) {
            return new Prediction(properties);
        };

        /**
         * Encodes the specified Prediction message. Does not implicitly {@link sbpc.Prediction.verify|verify} messages.
         * @function encode
         * @memberof sbpc.Prediction
         * @static
         * @param {sbpc.Prediction.$Properties} message Prediction message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Prediction.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.stepSeconds != null && $Object.hasOwnProperty.call(message, "stepSeconds") && !$Object.is(message.stepSeconds, 0))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.stepSeconds);
            if (message.flops != null && message.flops.length)
                writer.uint32(/* id 2, wireType 2 =*/18).doubles(message.flops);
            if (message.parameterBytes != null && message.parameterBytes.length)
                writer.uint32(/* id 3, wireType 2 =*/26).uint64s(message.parameterBytes);
            if (message.peakMemoryBytes != null && message.peakMemoryBytes.length)
                writer.uint32(/* id 4, wireType 2 =*/34).uint64s(message.peakMemoryBytes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Prediction message from the specified reader or buffer.
         * @function decode
         * @memberof sbpc.Prediction
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {sbpc.Prediction & sbpc.Prediction.$Shape} Prediction
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Prediction.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.sbpc.Prediction();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.stepSeconds = value;
                        else
                            delete message.stepSeconds;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.flops && message.flops.length))
                                message.flops = [];
                            reader.doubles(message.flops);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.flops && message.flops.length))
                            message.flops = [];
                        message.flops.push(reader.double());
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.parameterBytes && message.parameterBytes.length))
                                message.parameterBytes = [];
                            reader.uint64s(message.parameterBytes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.parameterBytes && message.parameterBytes.length))
                            message.parameterBytes = [];
                        message.parameterBytes.push(reader.uint64());
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.peakMemoryBytes && message.peakMemoryBytes.length))
                                message.peakMemoryBytes = [];
                            reader.uint64s(message.peakMemoryBytes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.peakMemoryBytes && message.peakMemoryBytes.length))
                            message.peakMemoryBytes = [];
                        message.peakMemoryBytes.push(reader.uint64());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Prediction;
    })();

    return sbpc;
})();

export {
  $root as default
};
