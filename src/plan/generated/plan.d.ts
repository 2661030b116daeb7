import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace sbpc. */
export namespace sbpc {

    /**
     * Properties of a PlanFile.
     * @deprecated Use sbpc.PlanFile.$Properties instead.
     */
    interface IPlanFile extends sbpc.PlanFile.$Properties {
    }

    /** Represents a PlanFile. */
    class PlanFile {

        /**
         * Constructs a new PlanFile.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.PlanFile.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PlanFile magic. */
        magic: number;

        /** PlanFile version. */
        version: number;

        /** PlanFile digest. */
        digest: Uint8Array;

        /** PlanFile payload. */
        payload: Uint8Array;

        /**
         * Creates a new PlanFile instance using the specified properties.
         * @param [properties] Properties to set
         * @returns PlanFile instance
         */
        static create(properties: sbpc.PlanFile.$Shape): sbpc.PlanFile & sbpc.PlanFile.$Shape;
        static create(properties?: sbpc.PlanFile.$Properties): sbpc.PlanFile;

        /**
         * Encodes the specified PlanFile message. Does not implicitly {@link sbpc.PlanFile.verify|verify} messages.
         * @param message PlanFile message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.PlanFile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PlanFile message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.PlanFile & sbpc.PlanFile.$Shape} PlanFile
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.PlanFile & sbpc.PlanFile.$Shape;
    }

    namespace PlanFile {

        /** Properties of a PlanFile. */
        interface $Properties {

            /** PlanFile magic */
            magic?: (number|null);

            /** PlanFile version */
            version?: (number|null);

            /** PlanFile digest */
            digest?: (Uint8Array|null);

            /** PlanFile payload */
            payload?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PlanFile. */
        type $Shape = sbpc.PlanFile.$Properties;
    }

    /**
     * Properties of a Plan.
     * @deprecated Use sbpc.Plan.$Properties instead.
     */
    interface IPlan extends sbpc.Plan.$Properties {
    }

    /** Represents a Plan. */
    class Plan {

        /**
         * Constructs a new Plan.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Plan.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Plan model. */
        model: string;

        /** Plan mesh. */
        mesh?: (sbpc.Mesh.$Properties|null);

        /** Plan options. */
        options?: (sbpc.Options.$Properties|null);

        /** Plan source. */
        source: string;

        /** Plan graph. */
        graph: string;

        /** Plan stages. */
        stages: sbpc.Stage.$Properties[];

        /** Plan bodies. */
        bodies: Uint8Array[];

        /** Plan boxing. */
        boxing: sbpc.Boxing.$Properties[];

        /** Plan inputs. */
        inputs: sbpc.Input.$Properties[];

        /** Plan parameters. */
        parameters: sbpc.Parameter.$Properties[];

        /** Plan randoms. */
        randoms: sbpc.Random.$Properties[];

        /** Plan outputs. */
        outputs: sbpc.Output.$Properties[];

        /** Plan provenance. */
        provenance: sbpc.Provenance.$Properties[];

        /** Plan prediction. */
        prediction?: (sbpc.Prediction.$Properties|null);

        /** Plan micro. */
        micro: string;

        /**
         * Creates a new Plan instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Plan instance
         */
        static create(properties: sbpc.Plan.$Shape): sbpc.Plan & sbpc.Plan.$Shape;
        static create(properties?: sbpc.Plan.$Properties): sbpc.Plan;

        /**
         * Encodes the specified Plan message. Does not implicitly {@link sbpc.Plan.verify|verify} messages.
         * @param message Plan message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Plan.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Plan message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Plan & sbpc.Plan.$Shape} Plan
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Plan & sbpc.Plan.$Shape;
    }

    namespace Plan {

        /** Properties of a Plan. */
        interface $Properties {

            /** Plan model */
            model?: (string|null);

            /** Plan mesh */
            mesh?: (sbpc.Mesh.$Properties|null);

            /** Plan options */
            options?: (sbpc.Options.$Properties|null);

            /** Plan source */
            source?: (string|null);

            /** Plan graph */
            graph?: (string|null);

            /** Plan stages */
            stages?: (sbpc.Stage.$Properties[]|null);

            /** Plan bodies */
            bodies?: (Uint8Array[]|null);

            /** Plan boxing */
            boxing?: (sbpc.Boxing.$Properties[]|null);

            /** Plan inputs */
            inputs?: (sbpc.Input.$Properties[]|null);

            /** Plan parameters */
            parameters?: (sbpc.Parameter.$Properties[]|null);

            /** Plan randoms */
            randoms?: (sbpc.Random.$Properties[]|null);

            /** Plan outputs */
            outputs?: (sbpc.Output.$Properties[]|null);

            /** Plan provenance */
            provenance?: (sbpc.Provenance.$Properties[]|null);

            /** Plan prediction */
            prediction?: (sbpc.Prediction.$Properties|null);

            /** Plan micro */
            micro?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Plan. */
        type $Shape = {
          model?: string|null;
          mesh?: sbpc.Mesh.$Shape|null;
          options?: sbpc.Options.$Shape|null;
          source?: string|null;
          graph?: string|null;
          stages?: sbpc.Stage.$Shape[]|null;
          bodies?: Uint8Array[]|null;
          boxing?: sbpc.Boxing.$Shape[]|null;
          inputs?: sbpc.Input.$Shape[]|null;
          parameters?: sbpc.Parameter.$Shape[]|null;
          randoms?: sbpc.Random.$Shape[]|null;
          outputs?: sbpc.Output.$Shape[]|null;
          provenance?: sbpc.Provenance.$Shape[]|null;
          prediction?: sbpc.Prediction.$Shape|null;
          micro?: string|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Mesh.
     * @deprecated Use sbpc.Mesh.$Properties instead.
     */
    interface IMesh extends sbpc.Mesh.$Properties {
    }

    /** Represents a Mesh. */
    class Mesh {

        /**
         * Constructs a new Mesh.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Mesh.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Mesh axes. */
        axes: sbpc.Mesh.Axis.$Properties[];

        /** Mesh stages. */
        stages: number;

        /** Mesh hosts. */
        hosts: number[];

        /**
         * Creates a new Mesh instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Mesh instance
         */
        static create(properties: sbpc.Mesh.$Shape): sbpc.Mesh & sbpc.Mesh.$Shape;
        static create(properties?: sbpc.Mesh.$Properties): sbpc.Mesh;

        /**
         * Encodes the specified Mesh message. Does not implicitly {@link sbpc.Mesh.verify|verify} messages.
         * @param message Mesh message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Mesh.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Mesh message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Mesh & sbpc.Mesh.$Shape} Mesh
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Mesh & sbpc.Mesh.$Shape;
    }

    namespace Mesh {

        /** Properties of a Mesh. */
        interface $Properties {

            /** Mesh axes */
            axes?: (sbpc.Mesh.Axis.$Properties[]|null);

            /** Mesh stages */
            stages?: (number|null);

            /** Mesh hosts */
            hosts?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Mesh. */
        type $Shape = sbpc.Mesh.$Properties;

        /**
         * Properties of an Axis.
         * @deprecated Use sbpc.Mesh.Axis.$Properties instead.
         */
        interface IAxis extends sbpc.Mesh.Axis.$Properties {
        }

        /** Represents an Axis. */
        class Axis {

            /**
             * Constructs a new Axis.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Mesh.Axis.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Axis name. */
            name: string;

            /** Axis size. */
            size: number;

            /**
             * Creates a new Axis instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Axis instance
             */
            static create(properties: sbpc.Mesh.Axis.$Shape): sbpc.Mesh.Axis & sbpc.Mesh.Axis.$Shape;
            static create(properties?: sbpc.Mesh.Axis.$Properties): sbpc.Mesh.Axis;

            /**
             * Encodes the specified Axis message. Does not implicitly {@link sbpc.Mesh.Axis.verify|verify} messages.
             * @param message Axis message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Mesh.Axis.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Axis message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Mesh.Axis & sbpc.Mesh.Axis.$Shape} Axis
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Mesh.Axis & sbpc.Mesh.Axis.$Shape;
        }

        namespace Axis {

            /** Properties of an Axis. */
            interface $Properties {

                /** Axis name */
                name?: (string|null);

                /** Axis size */
                size?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Axis. */
            type $Shape = sbpc.Mesh.Axis.$Properties;
        }
    }

    /**
     * Properties of an Options.
     * @deprecated Use sbpc.Options.$Properties instead.
     */
    interface IOptions extends sbpc.Options.$Properties {
    }

    /** Represents an Options. */
    class Options {

        /**
         * Constructs a new Options.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Options.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Options microbatches. */
        microbatches: number;

        /** Options hints. */
        hints: boolean;

        /** Options cluster. */
        cluster: string;

        /** Options memoryLimit. */
        memoryLimit?: (number|null);

        /** Options memoryBudget. */
        memoryBudget?: (number|null);

        /** Options dims. */
        dims: sbpc.Options.Dimension.$Properties[];

        /** Options settings. */
        settings: sbpc.Options.Setting.$Properties[];

        /** Options train. */
        train?: (sbpc.Train.$Properties|null);

        /** Options samples. */
        samples?: (number|Long|null);

        /**
         * Creates a new Options instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Options instance
         */
        static create(properties: sbpc.Options.$Shape): sbpc.Options & sbpc.Options.$Shape;
        static create(properties?: sbpc.Options.$Properties): sbpc.Options;

        /**
         * Encodes the specified Options message. Does not implicitly {@link sbpc.Options.verify|verify} messages.
         * @param message Options message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Options.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Options message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Options & sbpc.Options.$Shape} Options
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Options & sbpc.Options.$Shape;
    }

    namespace Options {

        /** Properties of an Options. */
        interface $Properties {

            /** Options microbatches */
            microbatches?: (number|null);

            /** Options hints */
            hints?: (boolean|null);

            /** Options cluster */
            cluster?: (string|null);

            /** Options memoryLimit */
            memoryLimit?: (number|null);

            /** Options memoryBudget */
            memoryBudget?: (number|null);

            /** Options dims */
            dims?: (sbpc.Options.Dimension.$Properties[]|null);

            /** Options settings */
            settings?: (sbpc.Options.Setting.$Properties[]|null);

            /** Options train */
            train?: (sbpc.Train.$Properties|null);

            /** Options samples */
            samples?: (number|Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Options. */
        type $Shape = sbpc.Options.$Properties;

        /**
         * Properties of a Dimension.
         * @deprecated Use sbpc.Options.Dimension.$Properties instead.
         */
        interface IDimension extends sbpc.Options.Dimension.$Properties {
        }

        /** Represents a Dimension. */
        class Dimension {

            /**
             * Constructs a new Dimension.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Options.Dimension.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Dimension name. */
            name: string;

            /** Dimension size. */
            size: (number|Long);

            /**
             * Creates a new Dimension instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Dimension instance
             */
            static create(properties: sbpc.Options.Dimension.$Shape): sbpc.Options.Dimension & sbpc.Options.Dimension.$Shape;
            static create(properties?: sbpc.Options.Dimension.$Properties): sbpc.Options.Dimension;

            /**
             * Encodes the specified Dimension message. Does not implicitly {@link sbpc.Options.Dimension.verify|verify} messages.
             * @param message Dimension message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Options.Dimension.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Dimension message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Options.Dimension & sbpc.Options.Dimension.$Shape} Dimension
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Options.Dimension & sbpc.Options.Dimension.$Shape;
        }

        namespace Dimension {

            /** Properties of a Dimension. */
            interface $Properties {

                /** Dimension name */
                name?: (string|null);

                /** Dimension size */
                size?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Dimension. */
            type $Shape = sbpc.Options.Dimension.$Properties;
        }

        /**
         * Properties of a Setting.
         * @deprecated Use sbpc.Options.Setting.$Properties instead.
         */
        interface ISetting extends sbpc.Options.Setting.$Properties {
        }

        /** Represents a Setting. */
        class Setting {

            /**
             * Constructs a new Setting.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Options.Setting.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Setting name. */
            name: string;

            /** Setting value. */
            value: string;

            /**
             * Creates a new Setting instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Setting instance
             */
            static create(properties: sbpc.Options.Setting.$Shape): sbpc.Options.Setting & sbpc.Options.Setting.$Shape;
            static create(properties?: sbpc.Options.Setting.$Properties): sbpc.Options.Setting;

            /**
             * Encodes the specified Setting message. Does not implicitly {@link sbpc.Options.Setting.verify|verify} messages.
             * @param message Setting message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Options.Setting.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Setting message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Options.Setting & sbpc.Options.Setting.$Shape} Setting
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Options.Setting & sbpc.Options.Setting.$Shape;
        }

        namespace Setting {

            /** Properties of a Setting. */
            interface $Properties {

                /** Setting name */
                name?: (string|null);

                /** Setting value */
                value?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Setting. */
            type $Shape = sbpc.Options.Setting.$Properties;
        }
    }

    /**
     * Properties of a Train.
     * @deprecated Use sbpc.Train.$Properties instead.
     */
    interface ITrain extends sbpc.Train.$Properties {
    }

    /** Represents a Train. */
    class Train {

        /**
         * Constructs a new Train.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Train.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Train loss. */
        loss: string;

        /** Train optimizer. */
        optimizer?: (sbpc.Optimizer.$Properties|null);

        /** Train clipNorm. */
        clipNorm?: (number|null);

        /** Train zero. */
        zero: number;

        /** Train schedule. */
        schedule: string;

        /** Train recompute. */
        recompute: string;

        /** Train precision. */
        precision: string;

        /**
         * Creates a new Train instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Train instance
         */
        static create(properties: sbpc.Train.$Shape): sbpc.Train & sbpc.Train.$Shape;
        static create(properties?: sbpc.Train.$Properties): sbpc.Train;

        /**
         * Encodes the specified Train message. Does not implicitly {@link sbpc.Train.verify|verify} messages.
         * @param message Train message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Train.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Train message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Train & sbpc.Train.$Shape} Train
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Train & sbpc.Train.$Shape;
    }

    namespace Train {

        /** Properties of a Train. */
        interface $Properties {

            /** Train loss */
            loss?: (string|null);

            /** Train optimizer */
            optimizer?: (sbpc.Optimizer.$Properties|null);

            /** Train clipNorm */
            clipNorm?: (number|null);

            /** Train zero */
            zero?: (number|null);

            /** Train schedule */
            schedule?: (string|null);

            /** Train recompute */
            recompute?: (string|null);

            /** Train precision */
            precision?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Train. */
        type $Shape = sbpc.Train.$Properties;
    }

    /**
     * Properties of an Optimizer.
     * @deprecated Use sbpc.Optimizer.$Properties instead.
     */
    interface IOptimizer extends sbpc.Optimizer.$Properties {
    }

    /** Represents an Optimizer. */
    class Optimizer {

        /**
         * Constructs a new Optimizer.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Optimizer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Optimizer kind. */
        kind: string;

        /** Optimizer learningRate. */
        learningRate: number;

        /** Optimizer weightDecay. */
        weightDecay: number;

        /** Optimizer momentum. */
        momentum: number;

        /** Optimizer nesterov. */
        nesterov: boolean;

        /** Optimizer beta1. */
        beta1: number;

        /** Optimizer beta2. */
        beta2: number;

        /** Optimizer epsilon. */
        epsilon: number;

        /** Optimizer schedule. */
        schedule?: (sbpc.Optimizer.Schedule.$Properties|null);

        /** Optimizer groups. */
        groups: sbpc.Optimizer.Group.$Properties[];

        /**
         * Creates a new Optimizer instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Optimizer instance
         */
        static create(properties: sbpc.Optimizer.$Shape): sbpc.Optimizer & sbpc.Optimizer.$Shape;
        static create(properties?: sbpc.Optimizer.$Properties): sbpc.Optimizer;

        /**
         * Encodes the specified Optimizer message. Does not implicitly {@link sbpc.Optimizer.verify|verify} messages.
         * @param message Optimizer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Optimizer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Optimizer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Optimizer & sbpc.Optimizer.$Shape} Optimizer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Optimizer & sbpc.Optimizer.$Shape;
    }

    namespace Optimizer {

        /** Properties of an Optimizer. */
        interface $Properties {

            /** Optimizer kind */
            kind?: (string|null);

            /** Optimizer learningRate */
            learningRate?: (number|null);

            /** Optimizer weightDecay */
            weightDecay?: (number|null);

            /** Optimizer momentum */
            momentum?: (number|null);

            /** Optimizer nesterov */
            nesterov?: (boolean|null);

            /** Optimizer beta1 */
            beta1?: (number|null);

            /** Optimizer beta2 */
            beta2?: (number|null);

            /** Optimizer epsilon */
            epsilon?: (number|null);

            /** Optimizer schedule */
            schedule?: (sbpc.Optimizer.Schedule.$Properties|null);

            /** Optimizer groups */
            groups?: (sbpc.Optimizer.Group.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Optimizer. */
        type $Shape = sbpc.Optimizer.$Properties;

        /**
         * Properties of a Group.
         * @deprecated Use sbpc.Optimizer.Group.$Properties instead.
         */
        interface IGroup extends sbpc.Optimizer.Group.$Properties {
        }

        /** Represents a Group. */
        class Group {

            /**
             * Constructs a new Group.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Optimizer.Group.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Group match. */
            match: string;

            /** Group weightDecay. */
            weightDecay: number;

            /**
             * Creates a new Group instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Group instance
             */
            static create(properties: sbpc.Optimizer.Group.$Shape): sbpc.Optimizer.Group & sbpc.Optimizer.Group.$Shape;
            static create(properties?: sbpc.Optimizer.Group.$Properties): sbpc.Optimizer.Group;

            /**
             * Encodes the specified Group message. Does not implicitly {@link sbpc.Optimizer.Group.verify|verify} messages.
             * @param message Group message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Optimizer.Group.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Group message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Optimizer.Group & sbpc.Optimizer.Group.$Shape} Group
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Optimizer.Group & sbpc.Optimizer.Group.$Shape;
        }

        namespace Group {

            /** Properties of a Group. */
            interface $Properties {

                /** Group match */
                match?: (string|null);

                /** Group weightDecay */
                weightDecay?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Group. */
            type $Shape = sbpc.Optimizer.Group.$Properties;
        }

        /**
         * Properties of a Schedule.
         * @deprecated Use sbpc.Optimizer.Schedule.$Properties instead.
         */
        interface ISchedule extends sbpc.Optimizer.Schedule.$Properties {
        }

        /** Represents a Schedule. */
        class Schedule {

            /**
             * Constructs a new Schedule.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Optimizer.Schedule.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Schedule kind. */
            kind: string;

            /** Schedule warmup. */
            warmup: (number|Long);

            /** Schedule total. */
            total: (number|Long);

            /** Schedule minimum. */
            minimum: number;

            /**
             * Creates a new Schedule instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Schedule instance
             */
            static create(properties: sbpc.Optimizer.Schedule.$Shape): sbpc.Optimizer.Schedule & sbpc.Optimizer.Schedule.$Shape;
            static create(properties?: sbpc.Optimizer.Schedule.$Properties): sbpc.Optimizer.Schedule;

            /**
             * Encodes the specified Schedule message. Does not implicitly {@link sbpc.Optimizer.Schedule.verify|verify} messages.
             * @param message Schedule message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Optimizer.Schedule.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Schedule message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Optimizer.Schedule & sbpc.Optimizer.Schedule.$Shape} Schedule
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Optimizer.Schedule & sbpc.Optimizer.Schedule.$Shape;
        }

        namespace Schedule {

            /** Properties of a Schedule. */
            interface $Properties {

                /** Schedule kind */
                kind?: (string|null);

                /** Schedule warmup */
                warmup?: (number|Long|null);

                /** Schedule total */
                total?: (number|Long|null);

                /** Schedule minimum */
                minimum?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Schedule. */
            type $Shape = sbpc.Optimizer.Schedule.$Properties;
        }
    }

    /**
     * Properties of a TensorType.
     * @deprecated Use sbpc.TensorType.$Properties instead.
     */
    interface ITensorType extends sbpc.TensorType.$Properties {
    }

    /** Represents a TensorType. */
    class TensorType {

        /**
         * Constructs a new TensorType.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.TensorType.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** TensorType dtype. */
        dtype: string;

        /** TensorType shape. */
        shape: (number|Long)[];

        /**
         * Creates a new TensorType instance using the specified properties.
         * @param [properties] Properties to set
         * @returns TensorType instance
         */
        static create(properties: sbpc.TensorType.$Shape): sbpc.TensorType & sbpc.TensorType.$Shape;
        static create(properties?: sbpc.TensorType.$Properties): sbpc.TensorType;

        /**
         * Encodes the specified TensorType message. Does not implicitly {@link sbpc.TensorType.verify|verify} messages.
         * @param message TensorType message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.TensorType.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a TensorType message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.TensorType & sbpc.TensorType.$Shape} TensorType
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.TensorType & sbpc.TensorType.$Shape;
    }

    namespace TensorType {

        /** Properties of a TensorType. */
        interface $Properties {

            /** TensorType dtype */
            dtype?: (string|null);

            /** TensorType shape */
            shape?: ((number|Long)[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a TensorType. */
        type $Shape = sbpc.TensorType.$Properties;
    }

    /**
     * Properties of a Layout.
     * @deprecated Use sbpc.Layout.$Properties instead.
     */
    interface ILayout extends sbpc.Layout.$Properties {
    }

    /** Represents a Layout. */
    class Layout {

        /**
         * Constructs a new Layout.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Layout.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Layout components. */
        components: string[];

        /**
         * Creates a new Layout instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Layout instance
         */
        static create(properties: sbpc.Layout.$Shape): sbpc.Layout & sbpc.Layout.$Shape;
        static create(properties?: sbpc.Layout.$Properties): sbpc.Layout;

        /**
         * Encodes the specified Layout message. Does not implicitly {@link sbpc.Layout.verify|verify} messages.
         * @param message Layout message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Layout.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Layout message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Layout & sbpc.Layout.$Shape} Layout
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Layout & sbpc.Layout.$Shape;
    }

    namespace Layout {

        /** Properties of a Layout. */
        interface $Properties {

            /** Layout components */
            components?: (string[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Layout. */
        type $Shape = sbpc.Layout.$Properties;
    }

    /**
     * Properties of a Shape.
     * @deprecated Use sbpc.Shape.$Properties instead.
     */
    interface IShape extends sbpc.Shape.$Properties {
    }

    /** Represents a Shape. */
    class Shape {

        /**
         * Constructs a new Shape.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Shape.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Shape sizes. */
        sizes: (number|Long)[];

        /**
         * Creates a new Shape instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Shape instance
         */
        static create(properties: sbpc.Shape.$Shape): sbpc.Shape & sbpc.Shape.$Shape;
        static create(properties?: sbpc.Shape.$Properties): sbpc.Shape;

        /**
         * Encodes the specified Shape message. Does not implicitly {@link sbpc.Shape.verify|verify} messages.
         * @param message Shape message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Shape.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Shape message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Shape & sbpc.Shape.$Shape} Shape
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Shape & sbpc.Shape.$Shape;
    }

    namespace Shape {

        /** Properties of a Shape. */
        interface $Properties {

            /** Shape sizes */
            sizes?: ((number|Long)[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Shape. */
        type $Shape = sbpc.Shape.$Properties;
    }

    /**
     * Properties of a Stage.
     * @deprecated Use sbpc.Stage.$Properties instead.
     */
    interface IStage extends sbpc.Stage.$Properties {
    }

    /** Represents a Stage. */
    class Stage {

        /**
         * Constructs a new Stage.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Stage.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Stage stage. */
        stage: number;

        /** Stage layers. */
        layers: number[];

        /** Stage slots. */
        slots: sbpc.Slot.$Properties[];

        /** Stage segments. */
        segments: sbpc.Segment.$Properties[];

        /** Stage actions. */
        actions: sbpc.Action.$Properties[];

        /** Stage deviceClass. */
        deviceClass: number[];

        /** Stage memory. */
        memory: sbpc.Memory.$Properties[];

        /** Stage phases. */
        phases: sbpc.Phase.$Properties[];

        /** Stage buckets. */
        buckets: sbpc.Bucket.$Properties[];

        /**
         * Creates a new Stage instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Stage instance
         */
        static create(properties: sbpc.Stage.$Shape): sbpc.Stage & sbpc.Stage.$Shape;
        static create(properties?: sbpc.Stage.$Properties): sbpc.Stage;

        /**
         * Encodes the specified Stage message. Does not implicitly {@link sbpc.Stage.verify|verify} messages.
         * @param message Stage message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Stage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Stage message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Stage & sbpc.Stage.$Shape} Stage
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Stage & sbpc.Stage.$Shape;
    }

    namespace Stage {

        /** Properties of a Stage. */
        interface $Properties {

            /** Stage stage */
            stage?: (number|null);

            /** Stage layers */
            layers?: (number[]|null);

            /** Stage slots */
            slots?: (sbpc.Slot.$Properties[]|null);

            /** Stage segments */
            segments?: (sbpc.Segment.$Properties[]|null);

            /** Stage actions */
            actions?: (sbpc.Action.$Properties[]|null);

            /** Stage deviceClass */
            deviceClass?: (number[]|null);

            /** Stage memory */
            memory?: (sbpc.Memory.$Properties[]|null);

            /** Stage phases */
            phases?: (sbpc.Phase.$Properties[]|null);

            /** Stage buckets */
            buckets?: (sbpc.Bucket.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Stage. */
        type $Shape = {
          stage?: number|null;
          layers?: number[]|null;
          slots?: sbpc.Slot.$Shape[]|null;
          segments?: sbpc.Segment.$Shape[]|null;
          actions?: sbpc.Action.$Shape[]|null;
          deviceClass?: number[]|null;
          memory?: sbpc.Memory.$Shape[]|null;
          phases?: sbpc.Phase.$Shape[]|null;
          buckets?: sbpc.Bucket.$Shape[]|null;
          $unknowns?: Uint8Array[];
        };
    }

    /**
     * Properties of a Bucket.
     * @deprecated Use sbpc.Bucket.$Properties instead.
     */
    interface IBucket extends sbpc.Bucket.$Properties {
    }

    /** Represents a Bucket. */
    class Bucket {

        /**
         * Constructs a new Bucket.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Bucket.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Bucket first. */
        first: number;

        /** Bucket count. */
        count: number;

        /**
         * Creates a new Bucket instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Bucket instance
         */
        static create(properties: sbpc.Bucket.$Shape): sbpc.Bucket & sbpc.Bucket.$Shape;
        static create(properties?: sbpc.Bucket.$Properties): sbpc.Bucket;

        /**
         * Encodes the specified Bucket message. Does not implicitly {@link sbpc.Bucket.verify|verify} messages.
         * @param message Bucket message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Bucket.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Bucket message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Bucket & sbpc.Bucket.$Shape} Bucket
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Bucket & sbpc.Bucket.$Shape;
    }

    namespace Bucket {

        /** Properties of a Bucket. */
        interface $Properties {

            /** Bucket first */
            first?: (number|null);

            /** Bucket count */
            count?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Bucket. */
        type $Shape = sbpc.Bucket.$Properties;
    }

    /**
     * Properties of a Phase.
     * @deprecated Use sbpc.Phase.$Properties instead.
     */
    interface IPhase extends sbpc.Phase.$Properties {
    }

    /** Represents a Phase. */
    class Phase {

        /**
         * Constructs a new Phase.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Phase.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Phase kind. */
        kind: string;

        /** Phase first. */
        first: number;

        /** Phase count. */
        count: number;

        /**
         * Creates a new Phase instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Phase instance
         */
        static create(properties: sbpc.Phase.$Shape): sbpc.Phase & sbpc.Phase.$Shape;
        static create(properties?: sbpc.Phase.$Properties): sbpc.Phase;

        /**
         * Encodes the specified Phase message. Does not implicitly {@link sbpc.Phase.verify|verify} messages.
         * @param message Phase message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Phase.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Phase message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Phase & sbpc.Phase.$Shape} Phase
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Phase & sbpc.Phase.$Shape;
    }

    namespace Phase {

        /** Properties of a Phase. */
        interface $Properties {

            /** Phase kind */
            kind?: (string|null);

            /** Phase first */
            first?: (number|null);

            /** Phase count */
            count?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Phase. */
        type $Shape = sbpc.Phase.$Properties;
    }

    /**
     * Properties of a Slot.
     * @deprecated Use sbpc.Slot.$Properties instead.
     */
    interface ISlot extends sbpc.Slot.$Properties {
    }

    /** Represents a Slot. */
    class Slot {

        /**
         * Constructs a new Slot.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Slot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Slot name. */
        name: string;

        /** Slot kind. */
        kind: sbpc.Slot.Kind;

        /** Slot type. */
        type?: (sbpc.TensorType.$Properties|null);

        /** Slot layout. */
        layout?: (sbpc.Layout.$Properties|null);

        /** Slot localShapes. */
        localShapes: sbpc.Shape.$Properties[];

        /** Slot table. */
        table?: (sbpc.RankTable.$Properties|null);

        /** Slot lifetime. */
        lifetime?: (sbpc.Slot.Lifetime.$Properties|null);

        /** Slot offsets. */
        offsets: (number|Long)[];

        /** Slot copies. */
        copies: number;

        /**
         * Creates a new Slot instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Slot instance
         */
        static create(properties: sbpc.Slot.$Shape): sbpc.Slot & sbpc.Slot.$Shape;
        static create(properties?: sbpc.Slot.$Properties): sbpc.Slot;

        /**
         * Encodes the specified Slot message. Does not implicitly {@link sbpc.Slot.verify|verify} messages.
         * @param message Slot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Slot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Slot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Slot & sbpc.Slot.$Shape} Slot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Slot & sbpc.Slot.$Shape;
    }

    namespace Slot {

        /** Properties of a Slot. */
        interface $Properties {

            /** Slot name */
            name?: (string|null);

            /** Slot kind */
            kind?: (sbpc.Slot.Kind|null);

            /** Slot type */
            type?: (sbpc.TensorType.$Properties|null);

            /** Slot layout */
            layout?: (sbpc.Layout.$Properties|null);

            /** Slot localShapes */
            localShapes?: (sbpc.Shape.$Properties[]|null);

            /** Slot table */
            table?: (sbpc.RankTable.$Properties|null);

            /** Slot lifetime */
            lifetime?: (sbpc.Slot.Lifetime.$Properties|null);

            /** Slot offsets */
            offsets?: ((number|Long)[]|null);

            /** Slot copies */
            copies?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Slot. */
        type $Shape = sbpc.Slot.$Properties;

        /** Kind enum. */
        enum Kind {

            /** VALUE value */
            VALUE = 0,

            /** INPUT value */
            INPUT = 1,

            /** PARAMETER value */
            PARAMETER = 2,

            /** RANDOM value */
            RANDOM = 3,

            /** RANK value */
            RANK = 4
        }

        /**
         * Properties of a Lifetime.
         * @deprecated Use sbpc.Slot.Lifetime.$Properties instead.
         */
        interface ILifetime extends sbpc.Slot.Lifetime.$Properties {
        }

        /** Represents a Lifetime. */
        class Lifetime {

            /**
             * Constructs a new Lifetime.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Slot.Lifetime.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Lifetime first. */
            first: number;

            /** Lifetime last. */
            last: number;

            /**
             * Creates a new Lifetime instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Lifetime instance
             */
            static create(properties: sbpc.Slot.Lifetime.$Shape): sbpc.Slot.Lifetime & sbpc.Slot.Lifetime.$Shape;
            static create(properties?: sbpc.Slot.Lifetime.$Properties): sbpc.Slot.Lifetime;

            /**
             * Encodes the specified Lifetime message. Does not implicitly {@link sbpc.Slot.Lifetime.verify|verify} messages.
             * @param message Lifetime message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Slot.Lifetime.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Lifetime message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Slot.Lifetime & sbpc.Slot.Lifetime.$Shape} Lifetime
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Slot.Lifetime & sbpc.Slot.Lifetime.$Shape;
        }

        namespace Lifetime {

            /** Properties of a Lifetime. */
            interface $Properties {

                /** Lifetime first */
                first?: (number|null);

                /** Lifetime last */
                last?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Lifetime. */
            type $Shape = sbpc.Slot.Lifetime.$Properties;
        }
    }

    /**
     * Properties of a RankTable.
     * @deprecated Use sbpc.RankTable.$Properties instead.
     */
    interface IRankTable extends sbpc.RankTable.$Properties {
    }

    /** Represents a RankTable. */
    class RankTable {

        /**
         * Constructs a new RankTable.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.RankTable.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RankTable axes. */
        axes: number[];

        /** RankTable entries. */
        entries: sbpc.RankTable.Entry.$Properties[];

        /**
         * Creates a new RankTable instance using the specified properties.
         * @param [properties] Properties to set
         * @returns RankTable instance
         */
        static create(properties: sbpc.RankTable.$Shape): sbpc.RankTable & sbpc.RankTable.$Shape;
        static create(properties?: sbpc.RankTable.$Properties): sbpc.RankTable;

        /**
         * Encodes the specified RankTable message. Does not implicitly {@link sbpc.RankTable.verify|verify} messages.
         * @param message RankTable message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.RankTable.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RankTable message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.RankTable & sbpc.RankTable.$Shape} RankTable
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.RankTable & sbpc.RankTable.$Shape;
    }

    namespace RankTable {

        /** Properties of a RankTable. */
        interface $Properties {

            /** RankTable axes */
            axes?: (number[]|null);

            /** RankTable entries */
            entries?: (sbpc.RankTable.Entry.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RankTable. */
        type $Shape = sbpc.RankTable.$Properties;

        /**
         * Properties of an Entry.
         * @deprecated Use sbpc.RankTable.Entry.$Properties instead.
         */
        interface IEntry extends sbpc.RankTable.Entry.$Properties {
        }

        /** Represents an Entry. */
        class Entry {

            /**
             * Constructs a new Entry.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.RankTable.Entry.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Entry values. */
            values: (number|Long)[];

            /**
             * Creates a new Entry instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Entry instance
             */
            static create(properties: sbpc.RankTable.Entry.$Shape): sbpc.RankTable.Entry & sbpc.RankTable.Entry.$Shape;
            static create(properties?: sbpc.RankTable.Entry.$Properties): sbpc.RankTable.Entry;

            /**
             * Encodes the specified Entry message. Does not implicitly {@link sbpc.RankTable.Entry.verify|verify} messages.
             * @param message Entry message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.RankTable.Entry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Entry message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.RankTable.Entry & sbpc.RankTable.Entry.$Shape} Entry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.RankTable.Entry & sbpc.RankTable.Entry.$Shape;
        }

        namespace Entry {

            /** Properties of an Entry. */
            interface $Properties {

                /** Entry values */
                values?: ((number|Long)[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Entry. */
            type $Shape = sbpc.RankTable.Entry.$Properties;
        }
    }

    /**
     * Properties of a Segment.
     * @deprecated Use sbpc.Segment.$Properties instead.
     */
    interface ISegment extends sbpc.Segment.$Properties {
    }

    /** Represents a Segment. */
    class Segment {

        /**
         * Constructs a new Segment.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Segment.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Segment bodies. */
        bodies: number[];

        /** Segment inputs. */
        inputs: number[];

        /** Segment outputs. */
        outputs: number[];

        /** Segment nodes. */
        nodes: string[];

        /** Segment flops. */
        flops: number[];

        /** Segment predictedSeconds. */
        predictedSeconds: number[];

        /**
         * Creates a new Segment instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Segment instance
         */
        static create(properties: sbpc.Segment.$Shape): sbpc.Segment & sbpc.Segment.$Shape;
        static create(properties?: sbpc.Segment.$Properties): sbpc.Segment;

        /**
         * Encodes the specified Segment message. Does not implicitly {@link sbpc.Segment.verify|verify} messages.
         * @param message Segment message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Segment.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Segment message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Segment & sbpc.Segment.$Shape} Segment
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Segment & sbpc.Segment.$Shape;
    }

    namespace Segment {

        /** Properties of a Segment. */
        interface $Properties {

            /** Segment bodies */
            bodies?: (number[]|null);

            /** Segment inputs */
            inputs?: (number[]|null);

            /** Segment outputs */
            outputs?: (number[]|null);

            /** Segment nodes */
            nodes?: (string[]|null);

            /** Segment flops */
            flops?: (number[]|null);

            /** Segment predictedSeconds */
            predictedSeconds?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Segment. */
        type $Shape = sbpc.Segment.$Properties;
    }

    /**
     * Properties of an Action.
     * @deprecated Use sbpc.Action.$Properties instead.
     */
    interface IAction extends sbpc.Action.$Properties {
    }

    /** Represents an Action. */
    class Action {

        /**
         * Constructs a new Action.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Action.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Action segment. */
        segment?: (sbpc.Action.RunSegment.$Properties|null);

        /** Action collective. */
        collective?: (sbpc.Action.Collective.$Properties|null);

        /** Action send. */
        send?: (sbpc.Action.Send.$Properties|null);

        /** Action receive. */
        receive?: (sbpc.Action.Receive.$Properties|null);

        /** Action accumulate. */
        accumulate?: (sbpc.Action.Accumulate.$Properties|null);

        /** Action assign. */
        assign?: (sbpc.Action.Assign.$Properties|null);

        /** Action action. */
        action?: ("segment"|"collective"|"send"|"receive"|"accumulate"|"assign");

        /**
         * Creates a new Action instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Action instance
         */
        static create(properties: sbpc.Action.$Shape): sbpc.Action & sbpc.Action.$Shape;
        static create(properties?: sbpc.Action.$Properties): sbpc.Action;

        /**
         * Encodes the specified Action message. Does not implicitly {@link sbpc.Action.verify|verify} messages.
         * @param message Action message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Action.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Action message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Action & sbpc.Action.$Shape} Action
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Action & sbpc.Action.$Shape;
    }

    namespace Action {

        /** Properties of an Action. */
        interface $Properties {

            /** Action segment */
            segment?: (sbpc.Action.RunSegment.$Properties|null);

            /** Action collective */
            collective?: (sbpc.Action.Collective.$Properties|null);

            /** Action send */
            send?: (sbpc.Action.Send.$Properties|null);

            /** Action receive */
            receive?: (sbpc.Action.Receive.$Properties|null);

            /** Action accumulate */
            accumulate?: (sbpc.Action.Accumulate.$Properties|null);

            /** Action assign */
            assign?: (sbpc.Action.Assign.$Properties|null);

            /** Action action */
            action?: ("segment"|"collective"|"send"|"receive"|"accumulate"|"assign");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of an Action. */
        type $Shape = {
          segment?: sbpc.Action.RunSegment.$Shape|null;
          collective?: sbpc.Action.Collective.$Shape|null;
          send?: sbpc.Action.Send.$Shape|null;
          receive?: sbpc.Action.Receive.$Shape|null;
          accumulate?: sbpc.Action.Accumulate.$Shape|null;
          assign?: sbpc.Action.Assign.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ action?: undefined; segment?: null; collective?: null; send?: null; receive?: null; accumulate?: null; assign?: null }|{ action?: "segment"; segment: sbpc.Action.RunSegment.$Shape; collective?: null; send?: null; receive?: null; accumulate?: null; assign?: null }|{ action?: "collective"; segment?: null; collective: sbpc.Action.Collective.$Shape; send?: null; receive?: null; accumulate?: null; assign?: null }|{ action?: "send"; segment?: null; collective?: null; send: sbpc.Action.Send.$Shape; receive?: null; accumulate?: null; assign?: null }|{ action?: "receive"; segment?: null; collective?: null; send?: null; receive: sbpc.Action.Receive.$Shape; accumulate?: null; assign?: null }|{ action?: "accumulate"; segment?: null; collective?: null; send?: null; receive?: null; accumulate: sbpc.Action.Accumulate.$Shape; assign?: null }|{ action?: "assign"; segment?: null; collective?: null; send?: null; receive?: null; accumulate?: null; assign: sbpc.Action.Assign.$Shape })
        );

        /**
         * Properties of a RunSegment.
         * @deprecated Use sbpc.Action.RunSegment.$Properties instead.
         */
        interface IRunSegment extends sbpc.Action.RunSegment.$Properties {
        }

        /** Represents a RunSegment. */
        class RunSegment {

            /**
             * Constructs a new RunSegment.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Action.RunSegment.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RunSegment segment. */
            segment: number;

            /**
             * Creates a new RunSegment instance using the specified properties.
             * @param [properties] Properties to set
             * @returns RunSegment instance
             */
            static create(properties: sbpc.Action.RunSegment.$Shape): sbpc.Action.RunSegment & sbpc.Action.RunSegment.$Shape;
            static create(properties?: sbpc.Action.RunSegment.$Properties): sbpc.Action.RunSegment;

            /**
             * Encodes the specified RunSegment message. Does not implicitly {@link sbpc.Action.RunSegment.verify|verify} messages.
             * @param message RunSegment message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Action.RunSegment.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RunSegment message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Action.RunSegment & sbpc.Action.RunSegment.$Shape} RunSegment
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Action.RunSegment & sbpc.Action.RunSegment.$Shape;
        }

        namespace RunSegment {

            /** Properties of a RunSegment. */
            interface $Properties {

                /** RunSegment segment */
                segment?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RunSegment. */
            type $Shape = sbpc.Action.RunSegment.$Properties;
        }

        /**
         * Properties of a Collective.
         * @deprecated Use sbpc.Action.Collective.$Properties instead.
         */
        interface ICollective extends sbpc.Action.Collective.$Properties {
        }

        /** Represents a Collective. */
        class Collective {

            /**
             * Constructs a new Collective.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Action.Collective.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Collective boxing. */
            boxing: number;

            /** Collective input. */
            input: number;

            /** Collective output. */
            output: number;

            /**
             * Creates a new Collective instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Collective instance
             */
            static create(properties: sbpc.Action.Collective.$Shape): sbpc.Action.Collective & sbpc.Action.Collective.$Shape;
            static create(properties?: sbpc.Action.Collective.$Properties): sbpc.Action.Collective;

            /**
             * Encodes the specified Collective message. Does not implicitly {@link sbpc.Action.Collective.verify|verify} messages.
             * @param message Collective message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Action.Collective.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Collective message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Action.Collective & sbpc.Action.Collective.$Shape} Collective
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Action.Collective & sbpc.Action.Collective.$Shape;
        }

        namespace Collective {

            /** Properties of a Collective. */
            interface $Properties {

                /** Collective boxing */
                boxing?: (number|null);

                /** Collective input */
                input?: (number|null);

                /** Collective output */
                output?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Collective. */
            type $Shape = sbpc.Action.Collective.$Properties;
        }

        /**
         * Properties of a Send.
         * @deprecated Use sbpc.Action.Send.$Properties instead.
         */
        interface ISend extends sbpc.Action.Send.$Properties {
        }

        /** Represents a Send. */
        class Send {

            /**
             * Constructs a new Send.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Action.Send.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Send boxing. */
            boxing: number;

            /** Send input. */
            input: number;

            /** Send toStage. */
            toStage: number;

            /**
             * Creates a new Send instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Send instance
             */
            static create(properties: sbpc.Action.Send.$Shape): sbpc.Action.Send & sbpc.Action.Send.$Shape;
            static create(properties?: sbpc.Action.Send.$Properties): sbpc.Action.Send;

            /**
             * Encodes the specified Send message. Does not implicitly {@link sbpc.Action.Send.verify|verify} messages.
             * @param message Send message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Action.Send.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Send message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Action.Send & sbpc.Action.Send.$Shape} Send
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Action.Send & sbpc.Action.Send.$Shape;
        }

        namespace Send {

            /** Properties of a Send. */
            interface $Properties {

                /** Send boxing */
                boxing?: (number|null);

                /** Send input */
                input?: (number|null);

                /** Send toStage */
                toStage?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Send. */
            type $Shape = sbpc.Action.Send.$Properties;
        }

        /**
         * Properties of a Receive.
         * @deprecated Use sbpc.Action.Receive.$Properties instead.
         */
        interface IReceive extends sbpc.Action.Receive.$Properties {
        }

        /** Represents a Receive. */
        class Receive {

            /**
             * Constructs a new Receive.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Action.Receive.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Receive boxing. */
            boxing: number;

            /** Receive output. */
            output: number;

            /** Receive fromStage. */
            fromStage: number;

            /**
             * Creates a new Receive instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Receive instance
             */
            static create(properties: sbpc.Action.Receive.$Shape): sbpc.Action.Receive & sbpc.Action.Receive.$Shape;
            static create(properties?: sbpc.Action.Receive.$Properties): sbpc.Action.Receive;

            /**
             * Encodes the specified Receive message. Does not implicitly {@link sbpc.Action.Receive.verify|verify} messages.
             * @param message Receive message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Action.Receive.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Receive message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Action.Receive & sbpc.Action.Receive.$Shape} Receive
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Action.Receive & sbpc.Action.Receive.$Shape;
        }

        namespace Receive {

            /** Properties of a Receive. */
            interface $Properties {

                /** Receive boxing */
                boxing?: (number|null);

                /** Receive output */
                output?: (number|null);

                /** Receive fromStage */
                fromStage?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Receive. */
            type $Shape = sbpc.Action.Receive.$Properties;
        }

        /**
         * Properties of an Accumulate.
         * @deprecated Use sbpc.Action.Accumulate.$Properties instead.
         */
        interface IAccumulate extends sbpc.Action.Accumulate.$Properties {
        }

        /** Represents an Accumulate. */
        class Accumulate {

            /**
             * Constructs a new Accumulate.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Action.Accumulate.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Accumulate input. */
            input: number;

            /** Accumulate output. */
            output: number;

            /**
             * Creates a new Accumulate instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Accumulate instance
             */
            static create(properties: sbpc.Action.Accumulate.$Shape): sbpc.Action.Accumulate & sbpc.Action.Accumulate.$Shape;
            static create(properties?: sbpc.Action.Accumulate.$Properties): sbpc.Action.Accumulate;

            /**
             * Encodes the specified Accumulate message. Does not implicitly {@link sbpc.Action.Accumulate.verify|verify} messages.
             * @param message Accumulate message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Action.Accumulate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Accumulate message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Action.Accumulate & sbpc.Action.Accumulate.$Shape} Accumulate
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Action.Accumulate & sbpc.Action.Accumulate.$Shape;
        }

        namespace Accumulate {

            /** Properties of an Accumulate. */
            interface $Properties {

                /** Accumulate input */
                input?: (number|null);

                /** Accumulate output */
                output?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Accumulate. */
            type $Shape = sbpc.Action.Accumulate.$Properties;
        }

        /**
         * Properties of an Assign.
         * @deprecated Use sbpc.Action.Assign.$Properties instead.
         */
        interface IAssign extends sbpc.Action.Assign.$Properties {
        }

        /** Represents an Assign. */
        class Assign {

            /**
             * Constructs a new Assign.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Action.Assign.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Assign parameter. */
            parameter: number;

            /** Assign input. */
            input: number;

            /**
             * Creates a new Assign instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Assign instance
             */
            static create(properties: sbpc.Action.Assign.$Shape): sbpc.Action.Assign & sbpc.Action.Assign.$Shape;
            static create(properties?: sbpc.Action.Assign.$Properties): sbpc.Action.Assign;

            /**
             * Encodes the specified Assign message. Does not implicitly {@link sbpc.Action.Assign.verify|verify} messages.
             * @param message Assign message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Action.Assign.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Assign message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Action.Assign & sbpc.Action.Assign.$Shape} Assign
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Action.Assign & sbpc.Action.Assign.$Shape;
        }

        namespace Assign {

            /** Properties of an Assign. */
            interface $Properties {

                /** Assign parameter */
                parameter?: (number|null);

                /** Assign input */
                input?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Assign. */
            type $Shape = sbpc.Action.Assign.$Properties;
        }
    }

    /**
     * Properties of a Memory.
     * @deprecated Use sbpc.Memory.$Properties instead.
     */
    interface IMemory extends sbpc.Memory.$Properties {
    }

    /** Represents a Memory. */
    class Memory {

        /**
         * Constructs a new Memory.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Memory.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Memory arenaBytes. */
        arenaBytes: (number|Long);

        /** Memory peakBytes. */
        peakBytes: (number|Long);

        /** Memory peakAction. */
        peakAction: number;

        /** Memory parameterBytes. */
        parameterBytes: (number|Long);

        /** Memory inputBytes. */
        inputBytes: (number|Long);

        /** Memory segmentScratchBytes. */
        segmentScratchBytes: (number|Long);

        /**
         * Creates a new Memory instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Memory instance
         */
        static create(properties: sbpc.Memory.$Shape): sbpc.Memory & sbpc.Memory.$Shape;
        static create(properties?: sbpc.Memory.$Properties): sbpc.Memory;

        /**
         * Encodes the specified Memory message. Does not implicitly {@link sbpc.Memory.verify|verify} messages.
         * @param message Memory message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Memory.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Memory message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Memory & sbpc.Memory.$Shape} Memory
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Memory & sbpc.Memory.$Shape;
    }

    namespace Memory {

        /** Properties of a Memory. */
        interface $Properties {

            /** Memory arenaBytes */
            arenaBytes?: (number|Long|null);

            /** Memory peakBytes */
            peakBytes?: (number|Long|null);

            /** Memory peakAction */
            peakAction?: (number|null);

            /** Memory parameterBytes */
            parameterBytes?: (number|Long|null);

            /** Memory inputBytes */
            inputBytes?: (number|Long|null);

            /** Memory segmentScratchBytes */
            segmentScratchBytes?: (number|Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Memory. */
        type $Shape = sbpc.Memory.$Properties;
    }

    /**
     * Properties of a Boxing.
     * @deprecated Use sbpc.Boxing.$Properties instead.
     */
    interface IBoxing extends sbpc.Boxing.$Properties {
    }

    /** Represents a Boxing. */
    class Boxing {

        /**
         * Constructs a new Boxing.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Boxing.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Boxing kind. */
        kind: sbpc.Boxing.Kind;

        /** Boxing input. */
        input: string;

        /** Boxing output. */
        output: string;

        /** Boxing type. */
        type?: (sbpc.TensorType.$Properties|null);

        /** Boxing from. */
        from?: (sbpc.Layout.$Properties|null);

        /** Boxing to. */
        to?: (sbpc.Layout.$Properties|null);

        /** Boxing axes. */
        axes: number[];

        /** Boxing fromStage. */
        fromStage: number;

        /** Boxing toStage. */
        toStage: number;

        /** Boxing bytes. */
        bytes: (number|Long)[];

        /** Boxing predictedSeconds. */
        predictedSeconds: number;

        /** Boxing location. */
        location: string;

        /** Boxing latencySeconds. */
        latencySeconds: number;

        /**
         * Creates a new Boxing instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Boxing instance
         */
        static create(properties: sbpc.Boxing.$Shape): sbpc.Boxing & sbpc.Boxing.$Shape;
        static create(properties?: sbpc.Boxing.$Properties): sbpc.Boxing;

        /**
         * Encodes the specified Boxing message. Does not implicitly {@link sbpc.Boxing.verify|verify} messages.
         * @param message Boxing message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Boxing.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Boxing message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Boxing & sbpc.Boxing.$Shape} Boxing
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Boxing & sbpc.Boxing.$Shape;
    }

    namespace Boxing {

        /** Properties of a Boxing. */
        interface $Properties {

            /** Boxing kind */
            kind?: (sbpc.Boxing.Kind|null);

            /** Boxing input */
            input?: (string|null);

            /** Boxing output */
            output?: (string|null);

            /** Boxing type */
            type?: (sbpc.TensorType.$Properties|null);

            /** Boxing from */
            from?: (sbpc.Layout.$Properties|null);

            /** Boxing to */
            to?: (sbpc.Layout.$Properties|null);

            /** Boxing axes */
            axes?: (number[]|null);

            /** Boxing fromStage */
            fromStage?: (number|null);

            /** Boxing toStage */
            toStage?: (number|null);

            /** Boxing bytes */
            bytes?: ((number|Long)[]|null);

            /** Boxing predictedSeconds */
            predictedSeconds?: (number|null);

            /** Boxing location */
            location?: (string|null);

            /** Boxing latencySeconds */
            latencySeconds?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Boxing. */
        type $Shape = sbpc.Boxing.$Properties;

        /** Kind enum. */
        enum Kind {

            /** ALL_REDUCE value */
            ALL_REDUCE = 0,

            /** REDUCE_SCATTER value */
            REDUCE_SCATTER = 1,

            /** ALL_GATHER value */
            ALL_GATHER = 2,

            /** ALL_TO_ALL value */
            ALL_TO_ALL = 3,

            /** SEND value */
            SEND = 4,

            /** HALO value */
            HALO = 5
        }
    }

    /**
     * Properties of an Input.
     * @deprecated Use sbpc.Input.$Properties instead.
     */
    interface IInput extends sbpc.Input.$Properties {
    }

    /** Represents an Input. */
    class Input {

        /**
         * Constructs a new Input.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Input.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Input name. */
        name: string;

        /** Input type. */
        type?: (sbpc.TensorType.$Properties|null);

        /** Input layout. */
        layout?: (sbpc.Layout.$Properties|null);

        /** Input stages. */
        stages: number[];

        /** Input batchAxis. */
        batchAxis?: (number|null);

        /**
         * Creates a new Input instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Input instance
         */
        static create(properties: sbpc.Input.$Shape): sbpc.Input & sbpc.Input.$Shape;
        static create(properties?: sbpc.Input.$Properties): sbpc.Input;

        /**
         * Encodes the specified Input message. Does not implicitly {@link sbpc.Input.verify|verify} messages.
         * @param message Input message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Input.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Input message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Input & sbpc.Input.$Shape} Input
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Input & sbpc.Input.$Shape;
    }

    namespace Input {

        /** Properties of an Input. */
        interface $Properties {

            /** Input name */
            name?: (string|null);

            /** Input type */
            type?: (sbpc.TensorType.$Properties|null);

            /** Input layout */
            layout?: (sbpc.Layout.$Properties|null);

            /** Input stages */
            stages?: (number[]|null);

            /** Input batchAxis */
            batchAxis?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Input. */
        type $Shape = sbpc.Input.$Properties;
    }

    /**
     * Properties of a Parameter.
     * @deprecated Use sbpc.Parameter.$Properties instead.
     */
    interface IParameter extends sbpc.Parameter.$Properties {
    }

    /** Represents a Parameter. */
    class Parameter {

        /**
         * Constructs a new Parameter.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Parameter.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Parameter name. */
        name: string;

        /** Parameter type. */
        type?: (sbpc.TensorType.$Properties|null);

        /** Parameter initializer. */
        initializer?: (sbpc.Initializer.$Properties|null);

        /** Parameter placements. */
        placements: sbpc.Parameter.Placement.$Properties[];

        /** Parameter stateOf. */
        stateOf?: (string|null);

        /**
         * Creates a new Parameter instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Parameter instance
         */
        static create(properties: sbpc.Parameter.$Shape): sbpc.Parameter & sbpc.Parameter.$Shape;
        static create(properties?: sbpc.Parameter.$Properties): sbpc.Parameter;

        /**
         * Encodes the specified Parameter message. Does not implicitly {@link sbpc.Parameter.verify|verify} messages.
         * @param message Parameter message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Parameter.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Parameter message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Parameter & sbpc.Parameter.$Shape} Parameter
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Parameter & sbpc.Parameter.$Shape;
    }

    namespace Parameter {

        /** Properties of a Parameter. */
        interface $Properties {

            /** Parameter name */
            name?: (string|null);

            /** Parameter type */
            type?: (sbpc.TensorType.$Properties|null);

            /** Parameter initializer */
            initializer?: (sbpc.Initializer.$Properties|null);

            /** Parameter placements */
            placements?: (sbpc.Parameter.Placement.$Properties[]|null);

            /** Parameter stateOf */
            stateOf?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Parameter. */
        type $Shape = {
          name?: string|null;
          type?: sbpc.TensorType.$Shape|null;
          initializer?: sbpc.Initializer.$Shape|null;
          placements?: sbpc.Parameter.Placement.$Shape[]|null;
          stateOf?: string|null;
          $unknowns?: Uint8Array[];
        };

        /**
         * Properties of a Placement.
         * @deprecated Use sbpc.Parameter.Placement.$Properties instead.
         */
        interface IPlacement extends sbpc.Parameter.Placement.$Properties {
        }

        /** Represents a Placement. */
        class Placement {

            /**
             * Constructs a new Placement.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Parameter.Placement.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Placement stage. */
            stage: number;

            /** Placement layout. */
            layout?: (sbpc.Layout.$Properties|null);

            /**
             * Creates a new Placement instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Placement instance
             */
            static create(properties: sbpc.Parameter.Placement.$Shape): sbpc.Parameter.Placement & sbpc.Parameter.Placement.$Shape;
            static create(properties?: sbpc.Parameter.Placement.$Properties): sbpc.Parameter.Placement;

            /**
             * Encodes the specified Placement message. Does not implicitly {@link sbpc.Parameter.Placement.verify|verify} messages.
             * @param message Placement message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Parameter.Placement.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Placement message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Parameter.Placement & sbpc.Parameter.Placement.$Shape} Placement
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Parameter.Placement & sbpc.Parameter.Placement.$Shape;
        }

        namespace Placement {

            /** Properties of a Placement. */
            interface $Properties {

                /** Placement stage */
                stage?: (number|null);

                /** Placement layout */
                layout?: (sbpc.Layout.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Placement. */
            type $Shape = sbpc.Parameter.Placement.$Properties;
        }
    }

    /**
     * Properties of an Initializer.
     * @deprecated Use sbpc.Initializer.$Properties instead.
     */
    interface IInitializer extends sbpc.Initializer.$Properties {
    }

    /** Represents an Initializer. */
    class Initializer {

        /**
         * Constructs a new Initializer.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Initializer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Initializer constant. */
        constant?: (sbpc.Initializer.Constant.$Properties|null);

        /** Initializer normal. */
        normal?: (sbpc.Initializer.Normal.$Properties|null);

        /** Initializer truncNormal. */
        truncNormal?: (sbpc.Initializer.Normal.$Properties|null);

        /** Initializer uniform. */
        uniform?: (sbpc.Initializer.Uniform.$Properties|null);

        /** Initializer file. */
        file?: (sbpc.Initializer.File.$Properties|null);

        /** Initializer inlineData. */
        inlineData?: (Uint8Array|null);

        /** Initializer part. */
        part?: (sbpc.Initializer.Part.$Properties|null);

        /** Initializer initializer. */
        initializer?: ("constant"|"normal"|"truncNormal"|"uniform"|"file"|"inlineData"|"part");

        /**
         * Creates a new Initializer instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Initializer instance
         */
        static create(properties: sbpc.Initializer.$Shape): sbpc.Initializer & sbpc.Initializer.$Shape;
        static create(properties?: sbpc.Initializer.$Properties): sbpc.Initializer;

        /**
         * Encodes the specified Initializer message. Does not implicitly {@link sbpc.Initializer.verify|verify} messages.
         * @param message Initializer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Initializer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Initializer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Initializer & sbpc.Initializer.$Shape} Initializer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Initializer & sbpc.Initializer.$Shape;
    }

    namespace Initializer {

        /** Properties of an Initializer. */
        interface $Properties {

            /** Initializer constant */
            constant?: (sbpc.Initializer.Constant.$Properties|null);

            /** Initializer normal */
            normal?: (sbpc.Initializer.Normal.$Properties|null);

            /** Initializer truncNormal */
            truncNormal?: (sbpc.Initializer.Normal.$Properties|null);

            /** Initializer uniform */
            uniform?: (sbpc.Initializer.Uniform.$Properties|null);

            /** Initializer file */
            file?: (sbpc.Initializer.File.$Properties|null);

            /** Initializer inlineData */
            inlineData?: (Uint8Array|null);

            /** Initializer part */
            part?: (sbpc.Initializer.Part.$Properties|null);

            /** Initializer initializer */
            initializer?: ("constant"|"normal"|"truncNormal"|"uniform"|"file"|"inlineData"|"part");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of an Initializer. */
        type $Shape = {
          constant?: sbpc.Initializer.Constant.$Shape|null;
          normal?: sbpc.Initializer.Normal.$Shape|null;
          truncNormal?: sbpc.Initializer.Normal.$Shape|null;
          uniform?: sbpc.Initializer.Uniform.$Shape|null;
          file?: sbpc.Initializer.File.$Shape|null;
          inlineData?: Uint8Array|null;
          part?: sbpc.Initializer.Part.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ initializer?: undefined; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "constant"; constant: sbpc.Initializer.Constant.$Shape; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "normal"; constant?: null; normal: sbpc.Initializer.Normal.$Shape; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "truncNormal"; constant?: null; normal?: null; truncNormal: sbpc.Initializer.Normal.$Shape; uniform?: null; file?: null; inlineData?: null; part?: null }|{ initializer?: "uniform"; constant?: null; normal?: null; truncNormal?: null; uniform: sbpc.Initializer.Uniform.$Shape; file?: null; inlineData?: null; part?: null }|{ initializer?: "file"; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file: sbpc.Initializer.File.$Shape; inlineData?: null; part?: null }|{ initializer?: "inlineData"; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData: Uint8Array; part?: null }|{ initializer?: "part"; constant?: null; normal?: null; truncNormal?: null; uniform?: null; file?: null; inlineData?: null; part: sbpc.Initializer.Part.$Shape })
        );

        /**
         * Properties of a Constant.
         * @deprecated Use sbpc.Initializer.Constant.$Properties instead.
         */
        interface IConstant extends sbpc.Initializer.Constant.$Properties {
        }

        /** Represents a Constant. */
        class Constant {

            /**
             * Constructs a new Constant.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Initializer.Constant.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Constant value. */
            value: number;

            /**
             * Creates a new Constant instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Constant instance
             */
            static create(properties: sbpc.Initializer.Constant.$Shape): sbpc.Initializer.Constant & sbpc.Initializer.Constant.$Shape;
            static create(properties?: sbpc.Initializer.Constant.$Properties): sbpc.Initializer.Constant;

            /**
             * Encodes the specified Constant message. Does not implicitly {@link sbpc.Initializer.Constant.verify|verify} messages.
             * @param message Constant message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Initializer.Constant.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Constant message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Constant & sbpc.Initializer.Constant.$Shape} Constant
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Initializer.Constant & sbpc.Initializer.Constant.$Shape;
        }

        namespace Constant {

            /** Properties of a Constant. */
            interface $Properties {

                /** Constant value */
                value?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Constant. */
            type $Shape = sbpc.Initializer.Constant.$Properties;
        }

        /**
         * Properties of a Normal.
         * @deprecated Use sbpc.Initializer.Normal.$Properties instead.
         */
        interface INormal extends sbpc.Initializer.Normal.$Properties {
        }

        /** Represents a Normal. */
        class Normal {

            /**
             * Constructs a new Normal.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Initializer.Normal.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Normal mean. */
            mean: number;

            /** Normal std. */
            std: number;

            /**
             * Creates a new Normal instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Normal instance
             */
            static create(properties: sbpc.Initializer.Normal.$Shape): sbpc.Initializer.Normal & sbpc.Initializer.Normal.$Shape;
            static create(properties?: sbpc.Initializer.Normal.$Properties): sbpc.Initializer.Normal;

            /**
             * Encodes the specified Normal message. Does not implicitly {@link sbpc.Initializer.Normal.verify|verify} messages.
             * @param message Normal message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Initializer.Normal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Normal message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Normal & sbpc.Initializer.Normal.$Shape} Normal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Initializer.Normal & sbpc.Initializer.Normal.$Shape;
        }

        namespace Normal {

            /** Properties of a Normal. */
            interface $Properties {

                /** Normal mean */
                mean?: (number|null);

                /** Normal std */
                std?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Normal. */
            type $Shape = sbpc.Initializer.Normal.$Properties;
        }

        /**
         * Properties of a Uniform.
         * @deprecated Use sbpc.Initializer.Uniform.$Properties instead.
         */
        interface IUniform extends sbpc.Initializer.Uniform.$Properties {
        }

        /** Represents a Uniform. */
        class Uniform {

            /**
             * Constructs a new Uniform.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Initializer.Uniform.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Uniform low. */
            low: number;

            /** Uniform high. */
            high: number;

            /**
             * Creates a new Uniform instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Uniform instance
             */
            static create(properties: sbpc.Initializer.Uniform.$Shape): sbpc.Initializer.Uniform & sbpc.Initializer.Uniform.$Shape;
            static create(properties?: sbpc.Initializer.Uniform.$Properties): sbpc.Initializer.Uniform;

            /**
             * Encodes the specified Uniform message. Does not implicitly {@link sbpc.Initializer.Uniform.verify|verify} messages.
             * @param message Uniform message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Initializer.Uniform.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Uniform message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Uniform & sbpc.Initializer.Uniform.$Shape} Uniform
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Initializer.Uniform & sbpc.Initializer.Uniform.$Shape;
        }

        namespace Uniform {

            /** Properties of a Uniform. */
            interface $Properties {

                /** Uniform low */
                low?: (number|null);

                /** Uniform high */
                high?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Uniform. */
            type $Shape = sbpc.Initializer.Uniform.$Properties;
        }

        /**
         * Properties of a File.
         * @deprecated Use sbpc.Initializer.File.$Properties instead.
         */
        interface IFile extends sbpc.Initializer.File.$Properties {
        }

        /** Represents a File. */
        class File {

            /**
             * Constructs a new File.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Initializer.File.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** File path. */
            path: string;

            /** File offset. */
            offset: (number|Long);

            /** File length. */
            length: (number|Long);

            /**
             * Creates a new File instance using the specified properties.
             * @param [properties] Properties to set
             * @returns File instance
             */
            static create(properties: sbpc.Initializer.File.$Shape): sbpc.Initializer.File & sbpc.Initializer.File.$Shape;
            static create(properties?: sbpc.Initializer.File.$Properties): sbpc.Initializer.File;

            /**
             * Encodes the specified File message. Does not implicitly {@link sbpc.Initializer.File.verify|verify} messages.
             * @param message File message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Initializer.File.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a File message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Initializer.File & sbpc.Initializer.File.$Shape} File
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Initializer.File & sbpc.Initializer.File.$Shape;
        }

        namespace File {

            /** Properties of a File. */
            interface $Properties {

                /** File path */
                path?: (string|null);

                /** File offset */
                offset?: (number|Long|null);

                /** File length */
                length?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a File. */
            type $Shape = sbpc.Initializer.File.$Properties;
        }

        /**
         * Properties of a Part.
         * @deprecated Use sbpc.Initializer.Part.$Properties instead.
         */
        interface IPart extends sbpc.Initializer.Part.$Properties {
        }

        /** Represents a Part. */
        class Part {

            /**
             * Constructs a new Part.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Initializer.Part.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Part name. */
            name: string;

            /** Part shape. */
            shape: (number|Long)[];

            /** Part start. */
            start: (number|Long)[];

            /** Part of. */
            of?: (sbpc.Initializer.$Properties|null);

            /**
             * Creates a new Part instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Part instance
             */
            static create(properties: sbpc.Initializer.Part.$Shape): sbpc.Initializer.Part & sbpc.Initializer.Part.$Shape;
            static create(properties?: sbpc.Initializer.Part.$Properties): sbpc.Initializer.Part;

            /**
             * Encodes the specified Part message. Does not implicitly {@link sbpc.Initializer.Part.verify|verify} messages.
             * @param message Part message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Initializer.Part.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Part message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Initializer.Part & sbpc.Initializer.Part.$Shape} Part
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Initializer.Part & sbpc.Initializer.Part.$Shape;
        }

        namespace Part {

            /** Properties of a Part. */
            interface $Properties {

                /** Part name */
                name?: (string|null);

                /** Part shape */
                shape?: ((number|Long)[]|null);

                /** Part start */
                start?: ((number|Long)[]|null);

                /** Part of */
                of?: (sbpc.Initializer.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Part. */
            type $Shape = {
              name?: string|null;
              shape?: (number|Long)[]|null;
              start?: (number|Long)[]|null;
              of?: sbpc.Initializer.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }
    }

    /**
     * Properties of a Random.
     * @deprecated Use sbpc.Random.$Properties instead.
     */
    interface IRandom extends sbpc.Random.$Properties {
    }

    /** Represents a Random. */
    class Random {

        /**
         * Constructs a new Random.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Random.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Random name. */
        name: string;

        /** Random type. */
        type?: (sbpc.TensorType.$Properties|null);

        /** Random bernoulli. */
        bernoulli?: (sbpc.Random.Bernoulli.$Properties|null);

        /** Random batchAxis. */
        batchAxis?: (number|null);

        /** Random normal. */
        normal?: (sbpc.Random.Normal.$Properties|null);

        /** Random uniform. */
        uniform?: (sbpc.Random.Uniform.$Properties|null);

        /**
         * Creates a new Random instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Random instance
         */
        static create(properties: sbpc.Random.$Shape): sbpc.Random & sbpc.Random.$Shape;
        static create(properties?: sbpc.Random.$Properties): sbpc.Random;

        /**
         * Encodes the specified Random message. Does not implicitly {@link sbpc.Random.verify|verify} messages.
         * @param message Random message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Random.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Random message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Random & sbpc.Random.$Shape} Random
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Random & sbpc.Random.$Shape;
    }

    namespace Random {

        /** Properties of a Random. */
        interface $Properties {

            /** Random name */
            name?: (string|null);

            /** Random type */
            type?: (sbpc.TensorType.$Properties|null);

            /** Random bernoulli */
            bernoulli?: (sbpc.Random.Bernoulli.$Properties|null);

            /** Random batchAxis */
            batchAxis?: (number|null);

            /** Random normal */
            normal?: (sbpc.Random.Normal.$Properties|null);

            /** Random uniform */
            uniform?: (sbpc.Random.Uniform.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Random. */
        type $Shape = sbpc.Random.$Properties;

        /**
         * Properties of a Bernoulli.
         * @deprecated Use sbpc.Random.Bernoulli.$Properties instead.
         */
        interface IBernoulli extends sbpc.Random.Bernoulli.$Properties {
        }

        /** Represents a Bernoulli. */
        class Bernoulli {

            /**
             * Constructs a new Bernoulli.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Random.Bernoulli.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Bernoulli keep. */
            keep: number;

            /** Bernoulli key. */
            key: string;

            /**
             * Creates a new Bernoulli instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Bernoulli instance
             */
            static create(properties: sbpc.Random.Bernoulli.$Shape): sbpc.Random.Bernoulli & sbpc.Random.Bernoulli.$Shape;
            static create(properties?: sbpc.Random.Bernoulli.$Properties): sbpc.Random.Bernoulli;

            /**
             * Encodes the specified Bernoulli message. Does not implicitly {@link sbpc.Random.Bernoulli.verify|verify} messages.
             * @param message Bernoulli message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Random.Bernoulli.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Bernoulli message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Random.Bernoulli & sbpc.Random.Bernoulli.$Shape} Bernoulli
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Random.Bernoulli & sbpc.Random.Bernoulli.$Shape;
        }

        namespace Bernoulli {

            /** Properties of a Bernoulli. */
            interface $Properties {

                /** Bernoulli keep */
                keep?: (number|null);

                /** Bernoulli key */
                key?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Bernoulli. */
            type $Shape = sbpc.Random.Bernoulli.$Properties;
        }

        /**
         * Properties of a Normal.
         * @deprecated Use sbpc.Random.Normal.$Properties instead.
         */
        interface INormal extends sbpc.Random.Normal.$Properties {
        }

        /** Represents a Normal. */
        class Normal {

            /**
             * Constructs a new Normal.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Random.Normal.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Normal mean. */
            mean: number;

            /** Normal std. */
            std: number;

            /** Normal key. */
            key: string;

            /**
             * Creates a new Normal instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Normal instance
             */
            static create(properties: sbpc.Random.Normal.$Shape): sbpc.Random.Normal & sbpc.Random.Normal.$Shape;
            static create(properties?: sbpc.Random.Normal.$Properties): sbpc.Random.Normal;

            /**
             * Encodes the specified Normal message. Does not implicitly {@link sbpc.Random.Normal.verify|verify} messages.
             * @param message Normal message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Random.Normal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Normal message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Random.Normal & sbpc.Random.Normal.$Shape} Normal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Random.Normal & sbpc.Random.Normal.$Shape;
        }

        namespace Normal {

            /** Properties of a Normal. */
            interface $Properties {

                /** Normal mean */
                mean?: (number|null);

                /** Normal std */
                std?: (number|null);

                /** Normal key */
                key?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Normal. */
            type $Shape = sbpc.Random.Normal.$Properties;
        }

        /**
         * Properties of a Uniform.
         * @deprecated Use sbpc.Random.Uniform.$Properties instead.
         */
        interface IUniform extends sbpc.Random.Uniform.$Properties {
        }

        /** Represents a Uniform. */
        class Uniform {

            /**
             * Constructs a new Uniform.
             * @param [properties] Properties to set
             */
            constructor(properties?: sbpc.Random.Uniform.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Uniform low. */
            low: number;

            /** Uniform high. */
            high: number;

            /** Uniform key. */
            key: string;

            /**
             * Creates a new Uniform instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Uniform instance
             */
            static create(properties: sbpc.Random.Uniform.$Shape): sbpc.Random.Uniform & sbpc.Random.Uniform.$Shape;
            static create(properties?: sbpc.Random.Uniform.$Properties): sbpc.Random.Uniform;

            /**
             * Encodes the specified Uniform message. Does not implicitly {@link sbpc.Random.Uniform.verify|verify} messages.
             * @param message Uniform message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: sbpc.Random.Uniform.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Uniform message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {sbpc.Random.Uniform & sbpc.Random.Uniform.$Shape} Uniform
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Random.Uniform & sbpc.Random.Uniform.$Shape;
        }

        namespace Uniform {

            /** Properties of a Uniform. */
            interface $Properties {

                /** Uniform low */
                low?: (number|null);

                /** Uniform high */
                high?: (number|null);

                /** Uniform key */
                key?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Uniform. */
            type $Shape = sbpc.Random.Uniform.$Properties;
        }
    }

    /**
     * Properties of an Output.
     * @deprecated Use sbpc.Output.$Properties instead.
     */
    interface IOutput extends sbpc.Output.$Properties {
    }

    /** Represents an Output. */
    class Output {

        /**
         * Constructs a new Output.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Output.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Output name. */
        name: string;

        /** Output value. */
        value: string;

        /** Output type. */
        type?: (sbpc.TensorType.$Properties|null);

        /** Output layout. */
        layout?: (sbpc.Layout.$Properties|null);

        /** Output stage. */
        stage: number;

        /** Output slot. */
        slot: number;

        /** Output batchAxis. */
        batchAxis?: (number|null);

        /** Output perStep. */
        perStep: boolean;

        /**
         * Creates a new Output instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Output instance
         */
        static create(properties: sbpc.Output.$Shape): sbpc.Output & sbpc.Output.$Shape;
        static create(properties?: sbpc.Output.$Properties): sbpc.Output;

        /**
         * Encodes the specified Output message. Does not implicitly {@link sbpc.Output.verify|verify} messages.
         * @param message Output message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Output.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Output message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Output & sbpc.Output.$Shape} Output
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Output & sbpc.Output.$Shape;
    }

    namespace Output {

        /** Properties of an Output. */
        interface $Properties {

            /** Output name */
            name?: (string|null);

            /** Output value */
            value?: (string|null);

            /** Output type */
            type?: (sbpc.TensorType.$Properties|null);

            /** Output layout */
            layout?: (sbpc.Layout.$Properties|null);

            /** Output stage */
            stage?: (number|null);

            /** Output slot */
            slot?: (number|null);

            /** Output batchAxis */
            batchAxis?: (number|null);

            /** Output perStep */
            perStep?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Output. */
        type $Shape = sbpc.Output.$Properties;
    }

    /**
     * Properties of a Provenance.
     * @deprecated Use sbpc.Provenance.$Properties instead.
     */
    interface IProvenance extends sbpc.Provenance.$Properties {
    }

    /** Represents a Provenance. */
    class Provenance {

        /**
         * Constructs a new Provenance.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Provenance.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Provenance value. */
        value: string;

        /** Provenance location. */
        location: string;

        /** Provenance signature. */
        signature: string;

        /** Provenance reason. */
        reason: string;

        /**
         * Creates a new Provenance instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Provenance instance
         */
        static create(properties: sbpc.Provenance.$Shape): sbpc.Provenance & sbpc.Provenance.$Shape;
        static create(properties?: sbpc.Provenance.$Properties): sbpc.Provenance;

        /**
         * Encodes the specified Provenance message. Does not implicitly {@link sbpc.Provenance.verify|verify} messages.
         * @param message Provenance message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Provenance.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Provenance message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Provenance & sbpc.Provenance.$Shape} Provenance
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Provenance & sbpc.Provenance.$Shape;
    }

    namespace Provenance {

        /** Properties of a Provenance. */
        interface $Properties {

            /** Provenance value */
            value?: (string|null);

            /** Provenance location */
            location?: (string|null);

            /** Provenance signature */
            signature?: (string|null);

            /** Provenance reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Provenance. */
        type $Shape = sbpc.Provenance.$Properties;
    }

    /**
     * Properties of a Prediction.
     * @deprecated Use sbpc.Prediction.$Properties instead.
     */
    interface IPrediction extends sbpc.Prediction.$Properties {
    }

    /** Represents a Prediction. */
    class Prediction {

        /**
         * Constructs a new Prediction.
         * @param [properties] Properties to set
         */
        constructor(properties?: sbpc.Prediction.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Prediction stepSeconds. */
        stepSeconds: number;

        /** Prediction flops. */
        flops: number[];

        /** Prediction parameterBytes. */
        parameterBytes: (number|Long)[];

        /** Prediction peakMemoryBytes. */
        peakMemoryBytes: (number|Long)[];

        /**
         * Creates a new Prediction instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Prediction instance
         */
        static create(properties: sbpc.Prediction.$Shape): sbpc.Prediction & sbpc.Prediction.$Shape;
        static create(properties?: sbpc.Prediction.$Properties): sbpc.Prediction;

        /**
         * Encodes the specified Prediction message. Does not implicitly {@link sbpc.Prediction.verify|verify} messages.
         * @param message Prediction message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: sbpc.Prediction.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Prediction message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {sbpc.Prediction & sbpc.Prediction.$Shape} Prediction
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): sbpc.Prediction & sbpc.Prediction.$Shape;
    }

    namespace Prediction {

        /** Properties of a Prediction. */
        interface $Properties {

            /** Prediction stepSeconds */
            stepSeconds?: (number|null);

            /** Prediction flops */
            flops?: (number[]|null);

            /** Prediction parameterBytes */
            parameterBytes?: ((number|Long)[]|null);

            /** Prediction peakMemoryBytes */
            peakMemoryBytes?: ((number|Long)[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Prediction. */
        type $Shape = sbpc.Prediction.$Properties;
    }
}
